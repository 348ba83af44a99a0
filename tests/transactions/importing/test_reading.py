"""Files as text columns with line numbers."""

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from transactions.importing.mapping import FileRules
from transactions.importing.reading import TextTable, UnreadableFile, read_table, require_columns


def read(tmp_path: Path, content: bytes, rules: FileRules | None = None) -> TextTable:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    return read_table(path, rules or FileRules())


def test_lines_are_numbered_as_in_the_file(tmp_path: Path) -> None:
    # Line 2 holds a quoted line break, line 4 is blank, so the third record stands on line 5.
    table = read(tmp_path, b'a,b\n1,"x\ny"\n\n2,z\n')

    assert table.frame.rows() == [(2, "1", "x\ny"), (5, "2", "z")]
    assert table.lines == 2


def test_a_line_with_too_many_cells_is_refused(tmp_path: Path) -> None:
    table = read(tmp_path, b"a,b\n1,2\n3,4,5\n6\n")

    assert table.frame.rows() == [(2, "1", "2"), (4, "6", None)]
    assert table.refused.rows() == [(3, "", "5", "too_many_cells")]
    assert table.lines == 3


def test_cells_are_trimmed_and_what_means_nothing_is_null(tmp_path: Path) -> None:
    table = read(tmp_path, b'a,b\n" x ",NULL\n"",-\n', FileRules(nothing=("NULL", "-")))

    assert table.frame.rows() == [(2, "x", None), (3, None, None)]


def test_gzip_and_byte_order_marks_are_read(tmp_path: Path) -> None:
    path = tmp_path / "file.csv.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbfa,b\r\n1,2\r\n"))

    table = read_table(path, FileRules())

    assert table.columns == ["a", "b"]
    assert table.frame.rows() == [(2, "1", "2")]


def test_other_encodings_are_read_when_named(tmp_path: Path) -> None:
    content = "name;qty\nKäse;1\n".encode("cp1252")

    assert read(tmp_path, content, FileRules(encoding="cp1252", delimiter=";")).frame.rows() == [
        (2, "Käse", "1")
    ]
    with pytest.raises(UnreadableFile, match="Line 2 is not utf-8 text"):
        read(tmp_path, content, FileRules(delimiter=";"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (b"a,a\n1,2\n", "names column 'a' twice"),
        (b"line,b\n1,2\n", "cannot be called 'line'"),
    ],
)
def test_headers_that_name_nothing_are_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(UnreadableFile, match=message):
        read(tmp_path, content)


def test_a_header_alone_is_a_file_without_lines(tmp_path: Path) -> None:
    assert read(tmp_path, b"a,b\n").lines == 0
    assert read(tmp_path, b"a,b").lines == 0


def test_a_broken_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n")[:-6])

    with pytest.raises(UnreadableFile, match=r"file\.csv\.gz cannot be read"):
        read_table(path, FileRules())


def test_parquet_becomes_the_text_a_person_would_write(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    pl.DataFrame(
        {
            "qty": [6, None],
            "price": [0.1 + 0.2, 2.0],
            "exact": [Decimal("1.50"), None],
            "day": [date(2026, 1, 2), None],
            "at": [datetime(2026, 1, 2, 3, tzinfo=UTC), None],
        }
    ).write_parquet(path)

    frame = read_table(path, FileRules(decimal=",")).frame

    assert frame.row(0) == (
        1,
        "6",
        "0,3",
        "1,50",
        datetime(2026, 1, 2),  # noqa: DTZ001 -- a local day
        datetime(2026, 1, 2, 3, tzinfo=UTC),
    )


def test_a_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    table = read(tmp_path, b"InvoiceNo,Qty\n1,2\n")

    with pytest.raises(UnreadableFile, match="no column 'InvoceNo': did you mean 'InvoiceNo'"):
        require_columns(table, ["InvoceNo"])
