"""Files of lists: whole, checkable, and harmless to a spreadsheet."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from techmart.lib.export import Cell, Column, Format, Kind, Table, csv_lines, write_file
from techmart.lib.export.lines import neutral
from techmart.lib.export.sheet import MOST_ROWS, TooManyRows
from techmart.lib.export.table import IncompleteExport

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
ROWS: list[Sequence[Cell]] = [
    ("=cmd|' /C calc'!A0", 3, Decimal("-1234.50"), 0.25, NOON, date(2026, 11, 24)),
    ("Zoë’s “Żółć” − §", None, Decimal(0), None, None, None),
]


def table(rows: Sequence[Sequence[Cell]] = ROWS, count: int | None = None) -> Table:
    def made() -> Iterator[Sequence[Cell]]:
        yield from rows

    return Table(
        title="Things",
        columns=(
            Column("Name"),
            Column("Units", Kind.COUNT),
            Column("Amount", Kind.MONEY),
            Column("Share", Kind.SHARE),
            Column("At", Kind.MOMENT),
            Column("On", Kind.DATE),
        ),
        rows=made,
        row_count=len(rows) if count is None else count,
        totals=[("Net", Decimal("-1234.50"))],
        filters=["Last week", "Store S1"],
        as_of=NOON,
        zone=ZoneInfo("America/New_York"),
        currency="USD",
        url="/things/?store=S1",
    )


def read_csv(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def test_csv_has_every_row_and_says_what_it_is() -> None:
    lines = read_csv("".join(csv_lines(table())))

    assert lines[0] == ["Name", "Units", "Amount", "Share", "At", "On"]
    assert lines[1] == [
        "'=cmd|' /C calc'!A0",
        "3",
        "-1234.50",
        "0.25",
        "2026-11-24 12:00:00-05:00",
        "2026-11-24",
    ]
    assert lines[2] == ["Zoë’s “Żółć” − §", "", "0", "", "", ""]
    assert lines[3] == []
    about = {line[0]: line[1] for line in lines[4:]}
    assert about["Rows"] == "2"
    assert about["Net"] == "'-1234.50"
    assert about["Filter"] == "Last week; Store S1"
    assert about["Time zone"] == "America/New_York"
    assert about["As of"] == "24 Nov 2026 12:00:00"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_text_becomes_a_formula(start: str) -> None:
    assert neutral(f"{start}1") == f"'{start}1"
    assert neutral(f"1{start}") == f"1{start}"


@pytest.mark.parametrize("kind", list(Format))
def test_a_file_that_would_be_cut_is_no_file(tmp_path: Path, kind: Format) -> None:
    path = tmp_path / f"things.{kind}"
    with pytest.raises(IncompleteExport, match="3 rows were counted and 2 came"):
        write_file(table(count=3), path, kind)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", list(Format))
def test_progress_is_told_row_by_row(tmp_path: Path, kind: Format) -> None:
    told: list[int] = []
    write_file(table(), tmp_path / f"things.{kind}", kind, told.append)
    assert told == [1, 2]


def test_xlsx_keeps_types_and_texts_stay_texts(tmp_path: Path) -> None:
    path = tmp_path / "things.xlsx"
    write_file(table(), path, Format.XLSX)

    with zipfile.ZipFile(path) as book:
        data = book.read("xl/worksheets/sheet1.xml").decode()
        about = book.read("xl/worksheets/sheet2.xml").decode()
    assert "<f>" not in data
    assert "<v>-1234.5</v>" in data
    assert "=cmd|" in data
    # 24 November 2026, noon in New York, as a spreadsheet counts days.
    assert "<v>46350.5</v>" in data
    assert "Last week; Store S1" in about


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TooManyRows, match="Take CSV"):
        write_file(table(count=MOST_ROWS + 1), tmp_path / "x.xlsx", Format.XLSX)
    assert list(tmp_path.iterdir()) == []


def test_pdf_repeats_its_head_on_every_page(tmp_path: Path) -> None:
    path = tmp_path / "things.pdf"
    many = [(f"Thing {number}", 1, Decimal(1), 0.1, NOON, None) for number in range(200)]
    write_file(table(many), path, Format.PDF)

    content = path.read_bytes()
    assert content.startswith(b"%PDF")
    pages = content.count(b"/Type /Page") - content.count(b"/Type /Pages")
    assert pages > 3


def test_an_empty_list_is_a_file_too(tmp_path: Path) -> None:
    for kind in Format:
        write_file(table([]), tmp_path / f"empty.{kind}", kind)
    assert len(list(tmp_path.iterdir())) == 3
