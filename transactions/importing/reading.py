"""Files as text columns with line numbers: CSV, gzipped CSV and Parquet."""

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from transactions.importing.mapping import FileRules
from transactions.importing.refusals import REFUSAL_SCHEMA, Reason

LINE = "line"
_OVERFLOW = "\x00overflow"


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; says where and what to do."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A file's lines.

    frame: `line` (1 is the first line of the file; of Parquet, the first row) and the file's own
    columns, text except for the times of a Parquet file; empty cells are null. Blank lines are
    no lines. refused: lines that are not made of the header's columns.
    fingerprint: SHA-256 of the file as stored.
    """

    frame: pl.DataFrame
    refused: pl.DataFrame
    fingerprint: str

    @property
    def lines(self) -> int:
        """How many lines the file has, refused ones included."""
        return self.frame.height + self.refused.height

    @property
    def columns(self) -> list[str]:
        """Names of the file's columns."""
        return [name for name in self.frame.columns if name != LINE]


def read_table(path: Path, rules: FileRules) -> TextTable:
    """Read a file by its name's ending: .parquet, .csv, .csv.gz (anything else is taken for CSV).

    Raises UnreadableFile, OSError.
    """
    content = path.read_bytes()
    fingerprint = hashlib.sha256(content).hexdigest()
    try:
        if path.suffix == ".parquet":
            frame, refused = _parquet(content, rules), _nothing()
        else:
            if path.suffix == ".gz":
                content = gzip.decompress(content)
            frame, refused = _csv(_utf8(content, rules.encoding), rules)
    except (pl.exceptions.PolarsError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error}") from error
    return TextTable(_emptied(frame, rules), refused, fingerprint)


def require_columns(table: TextTable, names: Sequence[str]) -> None:
    """Raise UnreadableFile unless the file has these columns, naming the nearest it has."""
    for name in names:
        if name not in table.columns:
            near = get_close_matches(name, table.columns, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(table.columns)}."
            raise UnreadableFile(f"The file has no column {name!r}: {hint}")


def _utf8(content: bytes, encoding: str) -> bytes:
    """Return the text as UTF-8 without a byte order mark."""
    try:
        if encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig"):
            content.decode("utf-8")
            return content.removeprefix(b"\xef\xbb\xbf")
        return content.decode(encoding).removeprefix("\ufeff").encode("utf-8")
    except LookupError as error:
        raise UnreadableFile(f"[file] encoding: {encoding!r} is not known.") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            f'Line {line} is not {encoding} text; set [file] encoding, such as "cp1252".'
        ) from error


def _csv(content: bytes, rules: FileRules) -> tuple[pl.DataFrame, pl.DataFrame]:
    # The csv module pulls just the first record's lines; the rest is left to Polars.
    text = io.TextIOWrapper(io.BytesIO(content), "utf-8", newline="")
    reader = csv.reader(text, delimiter=rules.delimiter)
    header = [name.strip() for name in next(reader, [])]
    if not any(header):
        raise UnreadableFile("The file is empty: its first line must name the columns.")
    _check_header(header)
    header_lines = reader.line_num
    body = content.split(b"\n", header_lines)[-1] if content.count(b"\n") >= header_lines else b""
    columns = [*header, _OVERFLOW]
    if not body.strip():
        frame = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    else:
        frame = pl.read_csv(
            body,
            has_header=False,
            schema=dict.fromkeys(columns, pl.String),
            separator=rules.delimiter,
            missing_columns="insert",
            truncate_ragged_lines=True,
        )
    frame = _numbered(frame, first=header_lines + 1)
    frame = frame.filter(~pl.all_horizontal(pl.exclude(LINE).is_null()))
    overflow = pl.col(_OVERFLOW)
    refused = frame.filter(overflow.is_not_null()).select(
        LINE,
        column=pl.lit(""),
        value=overflow,
        reason=pl.lit(str(Reason.TOO_MANY_CELLS)),
    )
    return frame.filter(overflow.is_null()).drop(_OVERFLOW), refused


def _check_header(header: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in header:
        if name in seen:
            raise UnreadableFile(f"The header names column {name!r} twice.")
        seen.add(name)
    if LINE in seen:
        raise UnreadableFile(f"A column cannot be called {LINE!r}: rename it.")


def _numbered(frame: pl.DataFrame, *, first: int) -> pl.DataFrame:
    """Add each row's line in the file; a quoted cell may hold line breaks of its own."""
    breaks = pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0)).cast(
        pl.Int64
    )
    rows = pl.int_range(pl.len(), dtype=pl.Int64)
    return frame.select(
        (rows + first + breaks.cum_sum().shift(1, fill_value=0)).alias(LINE), pl.all()
    )


def _parquet(content: bytes, rules: FileRules) -> pl.DataFrame:
    """Read Parquet; everything but times becomes the text that the rules would have written."""
    frame = pl.read_parquet(content)
    _check_header(frame.columns)
    texts = [_text(name, kind, rules) for name, kind in frame.schema.items()]
    return frame.select(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE), *texts)


def _text(name: str, kind: pl.DataType, rules: FileRules) -> pl.Expr:
    column = pl.col(name)
    if kind == pl.Datetime:
        return column
    if kind == pl.Date:
        return column.cast(pl.Datetime("us"))
    if kind.is_float() or kind.is_decimal():
        # 0.1 + 0.2 is 0.30000000000000004 in binary: no price has more than six places.
        number = column.cast(pl.Float64).round(6) if kind.is_float() else column
        return number.cast(pl.String).str.replace(".", rules.decimal, literal=True)
    if kind.is_nested() or kind == pl.Binary:
        raise UnreadableFile(f"Column {name!r} holds {kind}: give it as plain values.")
    return column.cast(pl.String)


def _emptied(frame: pl.DataFrame, rules: FileRules) -> pl.DataFrame:
    """Trim every text cell; what means nothing becomes null."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    trimmed = pl.col(texts).str.strip_chars()
    return frame.with_columns(
        pl.when(trimmed.is_in(["", *rules.nothing])).then(None).otherwise(trimmed).name.keep()
    )


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema=REFUSAL_SCHEMA)
