"""Small hand-made files with everything that goes wrong in real ones."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from transactions.importing.fields import SALES_FIELDS
from transactions.importing.mapping import Mapping, parse_mapping, read_mapping
from transactions.importing.reading import TextTable, read_table
from transactions.importing.sales import SalesFile, read_sales

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
# Later than every line of the commands' tests.
RUN_AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
RETAIL_MAPPING = Path(__file__).parents[3] / "examples" / "retail_uk.toml"
RETAIL_HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

# One of every disease; the comment says what must become of the line.
RETAIL_LINES = (
    "536001,85123A,WHITE HEART,6,01/12/2010 08:26,2.55,17850.0,United Kingdom",  # imported
    "536001,71053,WHITE LANTERN,6,01/12/2010 08:26,3.39,17850.0,United Kingdom",  # imported
    "536001,85123A,WHITE HEART,6,01/12/2010 08:26,2.55,17850.0,United Kingdom",  # merged, a copy
    "536001,85123a,WHITE HEART,2,01/12/2010 08:27,2.10,17850.0,United Kingdom",  # merged, cheaper
    "536002,22086,CHAIN,80,01/12/2010 09:00,2.10,,United Kingdom",  # imported, anonymous
    "536003,POST,POSTAGE,1,01/12/2010 09:05,18.0,12583.0,France",  # not_a_product
    "536003,gift_0001_20,Gift Voucher,1,01/12/2010 09:05,17.02,12583.0,France",  # not_a_product
    "536004,22086,damages,-5,01/12/2010 10:00,0.0,,United Kingdom",  # zero_price
    "C536005,85123A,WHITE HEART,-4,02/12/2010 11:00,2.55,17850.0,United Kingdom",  # returned
    "C536006,71053,WHITE LANTERN,-9,02/12/2010 11:00,3.39,17850.0,United Kingdom",  # more_than_sold
    "C536007,20725,LUNCH BAG,-1,02/12/2010 12:00,1.65,14527.0,EIRE",  # no_matching_sale
    "C536008,22086,CHAIN,-1,02/12/2010 12:30,2.10,,United Kingdom",  # anonymous_return
    "C536009,D,Discount,-1,02/12/2010 13:00,27.5,14527.0,EIRE",  # not_a_product
    "536010,23166,JAR,74215,18/01/2011 10:01,1.04,12346.0,United Kingdom",  # imported
    "C536011,23166,JAR,-74215,18/01/2011 10:17,1.04,12346.0,United Kingdom",  # returned
)


def write(path: Path, lines: Iterable[str], header: str = RETAIL_HEADER) -> Path:
    """Write a file of these lines and return its path."""
    path.write_text("\n".join([header, *lines, ""]), "utf-8")
    return path


def retail_mapping() -> Mapping:
    """Return the mapping that is shipped for such files."""
    return read_mapping(RETAIL_MAPPING, known_fields=SALES_FIELDS)


def judged(
    tmp_path: Path, lines: Iterable[str], header: str, mapping: Mapping | None = None
) -> SalesFile:
    """Read and judge lines without a database."""
    rules = mapping or parse_mapping({}, known_fields=SALES_FIELDS)
    table: TextTable = read_table(write(tmp_path / "sales.csv", lines, header), rules.file)
    return read_sales(table, rules, shop_zone="Europe/London", shop_currency="GBP", now=NOW)
