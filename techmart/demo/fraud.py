"""Planted frauds: a few orders a week that a careful analyst would stop, with their labels.

Five kinds, all on the web from far away on a device never seen, with a card and an address that are
not the customer's: one big order of something dear, a burst of four orders within twenty minutes,
the same order sent twice within two minutes, a card tried out until it is taken, and a ring of
four customers who share card and address. Simulated, and labelled so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from techmart.demo.simulate import SEED
from techmart.demo.words import FAR_COUNTRIES

ORDERS_PER_WEEK = 9
LABEL_DELAY = timedelta(days=7)
# Tries of a card before it is taken, and customers of a ring.
TRIES = 5
RING = 4
THROW_AWAY_HOST = "mailinator.com"
# Dear: from this quantile of shelf prices upward.
DEAR_QUANTILE = 0.97


OFFSETS = {
    "big": [0],
    "burst": [0, 240, 610, 1130],
    "twice": [0, 75],
    "testing": [*range(0, 60 * TRIES, 60), 420],
    "ring": [600 * place for place in range(RING)],
}
KINDS = tuple(OFFSETS)


@dataclass(frozen=True)
class Planted:
    """lines: like the data set's, with order_ref and the basket columns. labels: order_ref, wall
    (local time at which the label becomes known).
    """

    lines: pl.DataFrame
    labels: pl.DataFrame


def plant(week: datetime, *, products: pl.DataFrame, households: pl.Series) -> Planted:
    """Plant one week's frauds. week: Monday, local midnight of the data set's time."""
    random = np.random.default_rng([SEED, week.toordinal()])
    dear = products.filter(pl.col("price") >= pl.col("price").quantile(DEAR_QUANTILE))
    rows: list[dict[str, object]] = []
    count = 0
    while count < ORDERS_PER_WEEK:
        victim = int(households[int(random.integers(len(households)))])
        start = week + timedelta(seconds=int(random.integers(8 * 3600, 7 * 86_400 - 3600)))
        country = FAR_COUNTRIES[int(random.integers(len(FAR_COUNTRIES)))]
        device = f"X{int(random.integers(1 << 40)):010x}"
        product = dear.row(int(random.integers(dear.height)), named=True)
        kind = KINDS[int(random.integers(len(KINDS)))]
        quantity = int(random.integers(6, 13)) if kind == "big" else int(random.integers(2, 5))
        victims = [victim] * len(OFFSETS[kind])
        if kind == "ring":
            chosen = random.choice(len(households), size=RING, replace=len(households) < RING)
            victims = [int(households[int(place)]) for place in chosen]
        for place, (seconds, buyer) in enumerate(zip(OFFSETS[kind], victims, strict=True)):
            tried = kind == "testing" and place < TRIES
            rows.append(
                {
                    "order_ref": f"SIM-{week:%Y%m%d}-{count}",
                    "household_id": buyer,
                    "store_id": 0,
                    "product_id": product["product_id"],
                    "quantity": quantity,
                    "total": product["price"] * quantity,
                    "discount": 0,
                    "unit_price": product["price"] * 100,
                    "wall": start + timedelta(seconds=seconds),
                    "channel": "web",
                    "payment_method": "card",
                    "device": device,
                    "ip_country": country,
                    "ship_country": country,
                    "payment_status": "declined" if tried else "paid",
                    "card_token": f"sim-stolen-{device}",
                    "ship_address": f"Simulated drop {device}",
                    "bill_address": f"{buyer} Simulated Road",
                    "email": f"buyer.{device[1:5]}@{THROW_AWAY_HOST}",
                }
            )
            count += 1
    lines = pl.DataFrame(rows).with_columns(pl.col("wall").cast(pl.Datetime("us")))
    labels = lines.select("order_ref", wall=pl.col("wall") + LABEL_DELAY)
    return Planted(lines=lines.sort("wall", "order_ref"), labels=labels)
