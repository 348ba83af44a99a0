"""Lines judged one by one, and made into sales and returns. No database."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.transactions.importing.files import (
    RETAIL_HEADER,
    RETAIL_LINES,
    judged,
    retail_mapping,
)
from transactions.importing.fields import SALES_FIELDS
from transactions.importing.mapping import MappingError, parse_mapping
from transactions.importing.reading import UnreadableFile
from transactions.importing.sales import SalesFile

HEADER = "order_ref,sku,quantity,timestamp,unit_price,customer"


def read(tmp_path: Path, *lines: str, header: str = HEADER, **tables: Any) -> SalesFile:
    return judged(tmp_path, lines, header, parse_mapping(tables, known_fields=SALES_FIELDS))


def reasons(file: SalesFile) -> list[tuple[int, str, str]]:
    return file.refused.select("line", "column", "reason").sort("line").rows()


def test_a_plain_line_is_a_sale_by_our_own_column_names(tmp_path: Path) -> None:
    file = read(tmp_path, "o1,a1,3,2026-01-05 10:00,2.50,c9")

    [sale] = file.sales.to_dicts()
    assert sale["reference"] == "o1:A1"
    assert sale["order_ref"] == "o1"
    assert sale["customer_code"] == "c9"
    assert (sale["quantity"], sale["unit_price_e4"], sale["total_cents"]) == (3, 25_000, 750)
    assert (sale["status"], sale["channel"], sale["currency"]) == ("completed", "store", "GBP")
    assert sale["timestamp"] == datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


def test_every_bad_cell_is_named_by_line_and_the_file_s_column(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        "o1,a1,x,2026-13-05,2.5,c",
        "o2,,1,2026-01-05,2.5,c",
        "o3,a1,1,2026-01-05,-2.5,c",
        "o4,a1,0,2026-01-05,2.5,c",
        "o5,a1,1,2026-01-05,0,c",
        "o6,a1,1,,2.5,c",
        "o7,a1,1,2026-01-05,,c",
        ",a1,1,2026-01-05,2.5,c",
        "o8,a1,1,2026-01-05,2.5,c,extra",
        header="Beleg,sku,Menge,timestamp,unit_price,customer",
        columns={
            "order_ref": "Beleg",
            "sku": "sku",
            "quantity": "Menge",
            "timestamp": "timestamp",
            "unit_price": "unit_price",
        },
    )

    assert reasons(file) == [
        (2, "Menge", "not_a_number"),
        (2, "timestamp", "not_a_time"),
        (3, "sku", "missing"),
        (3, "reference", "missing"),
        (4, "unit_price", "negative_price"),
        (5, "Menge", "zero_quantity"),
        (6, "unit_price", "zero_price"),
        (7, "timestamp", "missing"),
        (8, "unit_price", "missing"),
        (9, "reference", "missing"),
        (10, "", "too_many_cells"),
    ]
    assert file.lines == 9
    assert file.accepted.is_empty()


def test_decimal_comma_and_semicolons(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        "o1;a1;1.000;05.01.2026 10:00;1.234,56",
        header="order_ref;sku;quantity;timestamp;unit_price",
        file={"delimiter": ";", "decimal": ",", "thousands": "."},
        time={"formats": ["%d.%m.%Y %H:%M"]},
    )

    # 1000 × 1234.56
    assert file.sales["total_cents"].to_list() == [123_456_000]


def test_the_same_product_twice_on_an_order_is_one_sale(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        "o1,a1,2,2026-01-05 10:05,2.00,c",
        "o1,A1,3,2026-01-05 10:00,1.50,c",
        "o1,A1,3,2026-01-05 10:00,1.50,c",
    )

    [sale] = file.sales.to_dicts()
    # 2 × 2.00 + 3 × 1.50 + 3 × 1.50 = 13.00; 8 × 2.00 = 16.00, so 3.00 are discount.
    assert (sale["quantity"], sale["total_cents"]) == (8, 1300)
    assert (sale["unit_price_e4"], sale["discount_cents"]) == (20_000, 300)
    assert sale["timestamp"] == datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
    assert file.exact_duplicates == 1


def test_cents_rounded_line_by_line_are_kept(tmp_path: Path) -> None:
    # Each line is round(0.005) = 0.01; three of them 0.03, though 3 × 0.005 rounds to 0.02.
    lines = [f"o1,a1,1,2026-01-05 10:0{i},0.005,c" for i in range(3)]

    [sale] = read(tmp_path, *lines).sales.to_dicts()

    assert sale["total_cents"] == 3
    assert (sale["unit_price_e4"], sale["discount_cents"]) == (100, 0)


def test_copies_and_repeats_may_be_refused(tmp_path: Path) -> None:
    lines = (
        "o1,a1,2,2026-01-05 10:00,2.00,c",
        "o1,a1,2,2026-01-05 10:00,2.00,c",
        "o1,a1,9,2026-01-05 10:00,2.00,c",
    )

    file = read(tmp_path, *lines, lines={"exact_duplicates": "refuse", "repeated": "refuse"})

    assert [(line, reason) for line, _, reason in reasons(file)] == [
        (3, "exact_duplicate"),
        (4, "repeated"),
    ]
    assert file.sales["quantity"].to_list() == [2]


def test_a_reference_that_names_two_sales_is_refused(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        "o1,a1,1,2026-01-05 10:00,2.00,c",
        "o1,b2,1,2026-01-05 10:00,2.00,c",
        keys={"reference": "{order_ref}"},
    )

    assert [reason for *_, reason in reasons(file)] == ["reference_not_unique"] * 2


def test_totals_are_held_against_price_and_discount(tmp_path: Path) -> None:
    header = "order_ref,sku,quantity,timestamp,unit_price,discount,total_amount"
    day = "2026-01-05 10:00"

    file = read(
        tmp_path,
        f"o1,a,2,{day},5.00,1.00,9.00",
        f"o2,a,2,{day},5.00,1.00,9.01",
        f"o3,a,2,{day},5.00,,9.01",
        f"o4,a,2,{day},,,9.01",
        f"o5,a,2,{day},5.00,-1,11",
        f"o6,a,2,{day},5.00,0,10",
        header=header,
    )

    assert [(line, reason) for line, _, reason in reasons(file)] == [
        (3, "total_mismatch"),
        # Price and total given, discount not: the difference must be said.
        (4, "total_mismatch"),
        (6, "bad_discount"),
    ]
    # 9.01 for two: 4.505 each, no discount.
    four = file.sales.filter(reference="o4:A").to_dicts()[0]
    assert (four["unit_price_e4"], four["discount_cents"]) == (45_050, 0)


def test_a_total_below_quantity_times_price_is_a_discount(tmp_path: Path) -> None:
    header = "order_ref,sku,quantity,timestamp,unit_price,total_amount"

    file = read(tmp_path, "o1,a,2,2026-01-05 10:00,5.00,9.00", header=header)

    assert file.sales["discount_cents"].to_list() == [100]


def test_returns_by_sign_and_by_credit_note(tmp_path: Path) -> None:
    lines = (
        "o1,a1,-2,2026-01-05 10:00,2.00,c",
        "CN7,a1,3,2026-01-05 10:00,2.00,c",
        "o2,a1,1,2026-01-05 10:00,2.00,c",
    )

    file = read(tmp_path, *lines, returns={"credit_note": "^CN"})

    assert sorted(file.returns.select("reference", "quantity", "amount_cents").rows()) == [
        ("CN7:A1", 3, 600),
        ("o1:A1", 2, 400),
    ]
    assert file.sales["reference"].to_list() == ["o2:A1"]


def test_negative_units_are_refused_where_they_mean_nothing(tmp_path: Path) -> None:
    file = read(tmp_path, "o1,a1,-2,2026-01-05,2.00,c", returns={"negative_quantity": False})

    assert [reason for *_, reason in reasons(file)] == ["out_of_range"]


def test_anonymous_lines_may_be_refused(tmp_path: Path) -> None:
    file = read(tmp_path, "o1,a1,2,2026-01-05,2.00,", customers={"anonymous": "refuse"})

    assert reasons(file) == [(2, "customer", "anonymous")]


def test_another_currency_is_refused(tmp_path: Path) -> None:
    header = "order_ref,sku,quantity,timestamp,unit_price,currency"

    file = read(tmp_path, "o1,a,1,2026-01-05,5,GBP", "o2,a,1,2026-01-05,5,USD", header=header)

    assert reasons(file) == [(3, "currency", "unknown_value")]


def test_words_and_constants(tmp_path: Path) -> None:
    header = "order_ref,sku,quantity,timestamp,unit_price,state,shop"

    file = read(
        tmp_path,
        "o1,a,1,2026-01-05,5,storniert,",
        "o2,a,1,2026-01-05,5,,7",
        header=header,
        columns={
            **{name: name for name in ("order_ref", "sku", "quantity", "timestamp", "unit_price")},
            "status": "state",
            "store": "shop",
        },
        constants={"channel": "web", "store": "main"},
        values={"status": {"storniert": "cancelled"}},
    )

    assert file.sales.sort("reference").select("status", "channel", "store").rows() == [
        ("cancelled", "web", "main"),
        ("completed", "web", "7"),
    ]


def test_what_the_retail_file_is_like(tmp_path: Path) -> None:
    file = judged(tmp_path, RETAIL_LINES, RETAIL_HEADER, retail_mapping())

    assert file.lines == 15
    assert sorted((line, reason) for line, _, reason in reasons(file)) == [
        (7, "not_a_product"),
        (8, "not_a_product"),
        (9, "zero_price"),
        (14, "not_a_product"),
    ]
    assert file.exact_duplicates == 1
    heart = file.sales.filter(reference="536001:85123A").to_dicts()[0]
    # 6 × 2.55 twice and 2 × 2.10.
    assert (heart["quantity"], heart["total_cents"]) == (14, 3480)
    assert heart["customer_code"] == "17850"
    assert heart["ship_country"] == "GB"
    assert file.products.filter(sku="22086")["name"].to_list() == ["CHAIN"]
    assert file.customers.sort("code").rows() == [("12346", "", "GB"), ("17850", "", "GB")]


@pytest.mark.parametrize(
    ("header", "tables", "error"),
    [
        ("sku,quantity,timestamp,unit_price", {}, MappingError),
        ("order_ref,sku,quantity,timestamp", {}, MappingError),
        ("order_ref,sku,quantity,unit_price", {}, MappingError),
        (HEADER, {"columns": {"sku": "Artikel"}}, UnreadableFile),
        (HEADER, {"keys": {"reference": "{nope}"}}, UnreadableFile),
        (HEADER, {"keys": {"reference": "same for all"}}, MappingError),
    ],
)
def test_files_that_cannot_be_followed_are_refused_whole(
    tmp_path: Path, header: str, tables: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        read(tmp_path, "x", header=header, **tables)
