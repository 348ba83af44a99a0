"""One week of the data set as a batch for the importer's engine."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from inventory.models import Product
from techmart.demo import simulate
from techmart.demo.dataset import Dataset
from techmart.demo.fraud import Planted, plant
from techmart.demo.shift import WEEK, Shift, week_starts
from techmart.demo.simulate import Catalogue
from techmart.demo.supply import reserve, weeks_covered
from transactions.fraud.emails import email_stem
from transactions.importing.engine import SALES_SCHEMA
from transactions.services.sale_marks import address_hash, card_hash


@dataclass(frozen=True)
class Plan:
    """What is to be loaded: every line from `weeks[0]` up to `cut`, week by week.

    lines: the data set's and the planted from `weeks[0]` on, in order of time, with order_ref and
    the columns of SALES_SCHEMA that are simulated. weekly: units by week of the whole year (rows,
    from the data set's first Monday) and product (columns, in the catalogue's order), the week
    that holds `cut` and those after it included.
    """

    dataset: Dataset
    catalogue: Catalogue
    shift: Shift
    weeks: list[datetime]
    cut: datetime
    lines: pl.DataFrame
    labels: pl.DataFrame
    weekly: NDArray[np.int64]
    weekly_from: datetime
    yearly_units: NDArray[np.int64]

    @property
    def lines_total(self) -> int:
        """Lines to load."""
        return self.lines.filter(
            (pl.col("wall") >= self.weeks[0]) & (pl.col("wall") < self.cut)
        ).height

    def week(self, start: datetime) -> pl.DataFrame:
        """Lines of the week that starts then, up to the cut."""
        end = min(start + WEEK, self.cut)
        return self.lines.filter((pl.col("wall") >= start) & (pl.col("wall") < end))

    def labels_known(self, start: datetime) -> pl.DataFrame:
        """Labels that become known in the week that starts then."""
        end = min(start + WEEK, self.cut)
        return self.labels.filter((pl.col("wall") >= start) & (pl.col("wall") < end))

    def demand_of(self, start: datetime) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return units of the week and units until the next delivery, by product."""
        row = (start - self.weekly_from).days // 7
        week = self.weekly[row]
        cycle = self.weekly[row : row + int(weeks_covered(self.yearly_units).max())]
        return week, np.where(weeks_covered(self.yearly_units) > 1, cycle.sum(axis=0), week)

    @property
    def reserve(self) -> NDArray[np.int64]:
        """Units kept beyond known sales, by product."""
        return reserve(self.yearly_units)


def make_plan(dataset: Dataset, *, shift: Shift, cut: datetime, weeks: int | None) -> Plan:
    """Plan the load.

    cut: local time of the data set at which history ends. weeks: how many of the newest weeks to
    load, the running one included; None for all.
    """
    starts = week_starts(dataset.first, cut)
    chosen = starts if weeks is None else starts[-weeks:]
    planted = planted_weeks(dataset)
    # A part of the year is a shop with a part of the range: what sold in it or will be replayed.
    lines = all_lines(dataset, planted, since=chosen[0])
    products = dataset.products.join(lines, on="product_id", how="semi")
    order = products.select("product_id").with_row_index("column")
    weekly_from = starts[0]
    weekly = _weekly(
        _taken(dataset, planted).join(order, on="product_id"), order.height, weekly_from
    )
    yearly_units = weekly.sum(axis=0)
    return Plan(
        dataset=dataset,
        catalogue=simulate.catalogue(products, yearly_units=yearly_units),
        shift=shift,
        weeks=chosen,
        cut=cut,
        lines=lines,
        labels=pl.concat([part.labels for part in planted]),
        weekly=weekly,
        weekly_from=weekly_from,
        yearly_units=yearly_units,
    )


def planted_weeks(dataset: Dataset) -> list[Planted]:
    """Plant frauds up to the end of the year, so that the replay meets some too."""
    households = dataset.lines["household_id"].unique().sort()
    return [
        plant(start, products=dataset.products, households=households)
        for start in week_starts(dataset.first, dataset.last)[1:]
    ]


def all_lines(
    dataset: Dataset, planted: list[Planted] | None = None, *, since: datetime | None = None
) -> pl.DataFrame:
    """Return the year's lines and the planted ones, in order of time; those before `since` not."""
    wanted = pl.col("wall") >= pl.lit(since or dataset.first).cast(pl.Datetime("us"))
    real = simulate.baskets(
        dataset.lines.filter(wanted).with_columns(order_ref=pl.format("B{}", "basket_id"))
    ).drop("basket_id")
    parts = planted_weeks(dataset) if planted is None else planted
    frames = [part.lines.filter(wanted).select(real.columns).cast(real.schema) for part in parts]
    return pl.concat([real, *frames]).sort("wall", maintain_order=True)


def _taken(dataset: Dataset, planted: list[Planted]) -> pl.DataFrame:
    """Return product, units and time of every line of the year that takes stock."""
    real = dataset.lines.select("product_id", "quantity", "wall")
    paid = [part.lines.filter(pl.col("payment_status") == "paid") for part in planted]
    return pl.concat([real, *(part.select(real.columns).cast(real.schema) for part in paid)])


def sellable(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the lines of products that the shop has."""
    skus = pl.DataFrame(
        {"sku": list(Product.objects.values_list("sku", flat=True))}, schema={"sku": pl.String}
    )
    return (
        lines.with_columns(sku=pl.format("P{}", "product_id"))
        .join(skus, on="sku", how="semi")
        .drop("sku")
    )


def _weekly(lines: pl.DataFrame, products: int, start: datetime) -> NDArray[np.int64]:
    """Units by week and product."""
    row = ((lines["wall"] - start).dt.total_days() // 7).to_numpy()
    units = np.zeros((int(row.max()) + 1, products), dtype=np.int64)
    np.add.at(units, (row, lines["column"].to_numpy()), lines["quantity"].to_numpy())
    return units


def sales(lines: pl.DataFrame, *, shift: Shift, currency: str) -> pl.DataFrame:
    """Turn lines into the engine's sales, at the shop's time."""
    return lines.select(
        reference=pl.format("{}-{}", "order_ref", "product_id"),
        order_ref=pl.col("order_ref"),
        sku=pl.format("P{}", "product_id"),
        customer_code=pl.format("H{}", "household_id"),
        quantity=pl.col("quantity"),
        unit_price_e4=pl.col("unit_price"),
        discount_cents=pl.col("discount"),
        total_cents=pl.col("total"),
        unit_cost_e4=pl.lit(None, pl.Int64),
        currency=pl.lit(currency),
        status=pl.when(pl.col("payment_status") == "declined")
        .then(pl.lit("failed"))
        .otherwise(pl.lit("completed")),
        channel=pl.col("channel"),
        payment_method=pl.col("payment_method"),
        device=pl.col("device"),
        ip_country=pl.col("ip_country"),
        ship_country=pl.col("ship_country"),
        store=pl.when(pl.col("store_id") > 0)
        .then(pl.format("S{}", "store_id"))
        .otherwise(pl.lit("")),
        card_hash=_kept(lines["card_token"], card_hash),
        ship_address_hash=_kept(lines["ship_address"], address_hash),
        bill_address_hash=_kept(lines["bill_address"], address_hash),
        email_stem=_kept(lines["email"], email_stem),
        # The shelf's price; what came off it is the discount.
        list_price_e4=pl.col("unit_price"),
        timestamp=moments(pl.col("wall"), shift),
        recorded_at=pl.lit(None, pl.Datetime("us", "UTC")),
    ).select(pl.col(name).cast(kind) for name, kind in SALES_SCHEMA.items())


def _kept(values: pl.Series, kept: Callable[[str], str]) -> pl.Series:
    """Return what is kept of each value, worked out once a value."""
    made = {value: kept(value) for value in values.unique().to_list()}
    return values.replace_strict(made, return_dtype=pl.String)


def store_code() -> pl.Expr:
    """Return the code of a line's store; empty for what no store sold."""
    code = pl.format("S{}", "store_id")
    return pl.when(pl.col("store_id") > 0).then(code).otherwise(pl.lit(""))


def moments(wall: pl.Expr, shift: Shift) -> pl.Expr:
    """Turn local times of the data set into moments of the shop.

    An hour that a change to summer time skips is moved on by that hour; one that occurs twice is
    the first.
    """
    moved = wall + pl.duration(weeks=shift.weeks)
    local = moved.dt.replace_time_zone(shift.zone.key, ambiguous="earliest", non_existent="null")
    late = (moved + pl.duration(hours=1)).dt.replace_time_zone(
        shift.zone.key, ambiguous="earliest", non_existent="null"
    )
    return pl.coalesce(local, late).dt.convert_time_zone("UTC")
