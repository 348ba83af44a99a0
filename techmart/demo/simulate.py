"""What the data set lacks, made from a seed: names, terms, costs, devices, payments.

Every value depends on the seed and the key of its row alone, so it is the same whichever part of
the year is loaded, in whichever order.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from techmart.demo.words import ENDINGS, FAMILY_NAMES, GIVEN_NAMES, PLACES, TRADES

SEED = 20_171_231
# Named in ShopSettings.simulated; pages label these wherever they show them.
SIMULATED = [
    "channel",
    "country",
    "customer.name",
    "device",
    "fraud",
    "marks",
    "orders",
    "payment",
    "product.name",
    "stock",
    "supplier.name",
    "supplier.terms",
    "unit_cost",
]
# Share of baskets by channel; the data set's are shops'.
WEB_SHARE = 0.07
PHONE_SHARE = 0.01
HOME_COUNTRY = "US"
MAIL_HOSTS = ("mail.example", "post.example", "inbox.example")

Floats = NDArray[np.float64]


def uniforms(keys: NDArray[np.int64], stream: str) -> Floats:
    """Return one number in [0, 1) a key, the same for the same key and stream each time.

    SplitMix64's finaliser (Steele, Lea and Flood, 2014) over the key and a hash of the stream.
    """
    digest = hashlib.blake2b(f"{SEED}:{stream}".encode(), digest_size=8).digest()
    with np.errstate(over="ignore"):
        z = keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(
            int.from_bytes(digest, "little")
        )
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) / float(1 << 53)


@dataclass(frozen=True)
class Catalogue:
    """suppliers: code, name, reliability, lead_time_days, lead_time_sd_days, order_weekdays,
    minimum_order_value (cents). products: sku, name, category, supplier_code, price (cents),
    unit_cost_e4, pack_size, minimum_order_quantity, product_id of the data set.
    """

    suppliers: pl.DataFrame
    products: pl.DataFrame


def catalogue(products: pl.DataFrame, *, yearly_units: NDArray[np.int64]) -> Catalogue:
    """Make suppliers and products of the data set's products.

    yearly_units: units sold of each product, in the order of `products`; sets pack sizes.
    """
    makers = np.sort(products["manufacturer_id"].unique().to_numpy())
    suppliers = _suppliers(makers)
    names = dict(zip(makers.tolist(), _place_names(len(makers)), strict=True))
    return Catalogue(suppliers=suppliers, products=_products(products, names, yearly_units))


def _place_names(count: int) -> list[str]:
    """Return different two-part names, in an order that does not look sorted."""
    total = len(PLACES) * len(ENDINGS)
    if count > total:
        raise ValueError(f"{count} names wanted, {total} can be made")
    order = np.argsort(uniforms(np.arange(total), "places"))[:count]
    return [PLACES[i // len(ENDINGS)] + ENDINGS[i % len(ENDINGS)] for i in order.tolist()]


def _suppliers(makers: NDArray[np.int64]) -> pl.DataFrame:
    trade = (uniforms(makers, "trade") * len(TRADES)).astype(int)
    names = [
        f"{place} {TRADES[index]}"
        for place, index in zip(_place_names(len(makers)), trade.tolist(), strict=True)
    ]
    lead = 2 + np.round(19 * uniforms(makers, "lead") ** 2)
    days = 1 + (uniforms(makers, "order days") * 3).astype(int)
    first = (uniforms(makers, "first day") * 5).astype(int)
    weekdays = [
        _weekdays(count, start) for count, start in zip(days.tolist(), first.tolist(), strict=True)
    ]
    return pl.DataFrame(
        {
            "code": [f"M{maker:04d}" for maker in makers.tolist()],
            "name": names,
            "reliability": np.round(0.74 + 0.25 * uniforms(makers, "reliability"), 4),
            "lead_time_days": lead,
            "lead_time_sd_days": np.round(lead * (0.05 + 0.3 * uniforms(makers, "spread")), 2),
            "order_weekdays": weekdays,
            "minimum_order_value": (25 * np.round(8 * uniforms(makers, "mov") ** 3)).astype(int)
            * 100,
        }
    )


def _weekdays(count: int, start: int) -> list[int]:
    """Return ISO weekdays on which a supplier takes orders; empty for any day."""
    return {1: [1 + start], 2: sorted({1 + start, 1 + (start + 2) % 5})}.get(count, [])


def _products(
    products: pl.DataFrame, makers: dict[int, str], yearly_units: NDArray[np.int64]
) -> pl.DataFrame:
    keys = products["product_id"].to_numpy()
    price = products["price"].to_numpy()
    # Grocers keep a fifth to a half of the price.
    cost_share = 0.5 + 0.3 * uniforms(keys, "cost")
    packs = np.select(
        [yearly_units >= 400, yearly_units >= 100, yearly_units >= 30], [24, 12, 6], default=1
    )
    names = [
        product_name(makers[maker], kind, size)
        for maker, kind, size in products.select(
            "manufacturer_id", "product_type", "package_size"
        ).iter_rows()
    ]
    return pl.DataFrame(
        {
            "product_id": keys,
            "sku": [f"P{key}" for key in keys.tolist()],
            "name": names,
            "category": [category.title() for category in products["category"].to_list()],
            "supplier_code": [f"M{maker:04d}" for maker in products["manufacturer_id"].to_list()],
            "price": price,
            "unit_cost_e4": np.round(price * 100 * cost_share).astype(np.int64),
            "pack_size": packs,
            "minimum_order_quantity": packs,
        }
    )


def product_name(maker: str, kind: str, size: str) -> str:
    """Return a name such as "Alderbrook Bread: Italian/French 20 oz"."""
    words = kind.title().replace(":", ": ").replace("  ", " ")
    return " ".join(f"{maker} {words} {size.lower()}".split())[:200]


def _people(households: NDArray[np.int64]) -> list[tuple[str, str]]:
    """Return given and family name of each household."""
    given = (uniforms(households, "given") * len(GIVEN_NAMES)).astype(int)
    family = (uniforms(households, "family") * len(FAMILY_NAMES)).astype(int)
    return [
        (GIVEN_NAMES[g], FAMILY_NAMES[f])
        for g, f in zip(given.tolist(), family.tolist(), strict=True)
    ]


def customers(households: NDArray[np.int64]) -> pl.DataFrame:
    """Return code, name and country of each household."""
    return pl.DataFrame(
        {
            "code": [f"H{household}" for household in households.tolist()],
            "name": [" ".join(name) for name in _people(households)],
            "country": [HOME_COUNTRY] * len(households),
        }
    )


def marks(households: NDArray[np.int64]) -> pl.DataFrame:
    """Return household_id, card_token, address and email of each household."""
    hosts = (uniforms(households, "mail host") * len(MAIL_HOSTS)).astype(int)
    people = _people(households)
    return pl.DataFrame(
        {
            "household_id": households,
            "card_token": [f"sim-card-{household}" for household in households.tolist()],
            "address": [f"{household} Simulated Road" for household in households.tolist()],
            # The number at the end is no part of the stem, as with people of one name.
            "email": [
                f"{given}.{family}{household % 100}@{MAIL_HOSTS[host]}".lower()
                for (given, family), household, host in zip(
                    people, households.tolist(), hosts.tolist(), strict=True
                )
            ],
        }
    )


def baskets(lines: pl.DataFrame) -> pl.DataFrame:
    """Add channel, payment and what a web shop knows of the buyer to order lines.

    One choice a basket; a customer shops on the web with one or two devices, pays with one card
    and has one address.
    """
    lines = lines.join(
        marks(lines["household_id"].unique().sort().to_numpy()),
        on="household_id",
        how="left",
        maintain_order="left",
    )
    keys = lines["basket_id"].to_numpy()
    where = pl.Series(uniforms(keys, "channel"))
    paid = pl.Series(uniforms(keys, "payment"))
    device = pl.Series(np.where(uniforms(keys, "device") < 0.25, 2, 1))
    web = where < WEB_SHARE
    remote = where < WEB_SHARE + PHONE_SHARE
    cash = pl.when(paid.is_between(0.6, 0.85) & ~remote).then(pl.lit("cash"))
    card = pl.when(paid < pl.select(pl.when(remote).then(0.8).otherwise(0.6)).to_series())
    return lines.with_columns(
        channel=pl.when(web)
        .then(pl.lit("web"))
        .when(remote)
        .then(pl.lit("phone"))
        .otherwise(pl.lit("store")),
        payment_method=card.then(pl.lit("card")).otherwise(cash.otherwise(pl.lit("wallet"))),
        device=pl.when(web).then(pl.format("D{}-{}", "household_id", device)).otherwise(pl.lit("")),
        ip_country=pl.when(web).then(pl.lit(HOME_COUNTRY)).otherwise(pl.lit("")),
        ship_country=pl.when(remote).then(pl.lit(HOME_COUNTRY)).otherwise(pl.lit("")),
        payment_status=pl.lit("paid"),
    ).select(
        pl.exclude("card_token", "address", "email"),
        card_token=pl.when(pl.col("payment_method") == "card")
        .then("card_token")
        .otherwise(pl.lit("")),
        ship_address=pl.when(pl.col("channel") != "store").then("address").otherwise(pl.lit("")),
        bill_address=pl.when(pl.col("channel") == "web").then("address").otherwise(pl.lit("")),
        email=pl.when(pl.col("channel") == "web").then("email").otherwise(pl.lit("")),
    )
