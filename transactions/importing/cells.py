"""Cells of one field turned into values, and every cell that will not turn named.

Money is counted in whole numbers, so that sums are exact: unit prices in ten-thousandths of the
currency unit (`_e4`), amounts in cents.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from transactions.importing.mapping import FileRules, TimeRules
from transactions.importing.reading import LINE
from transactions.importing.refusals import Reason

UTC_TIME = pl.Datetime("us", "UTC")
# Room for 14 digits in all, as the money columns of the database have.
_WHOLE_DIGITS = 10
MAX_UNITS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Cells:
    """One field of all lines: its values, null where the cell was empty or bad, and the bad."""

    values: pl.Series
    refused: pl.DataFrame


def text_cells(frame: pl.DataFrame, column: str, *, longest: int) -> Cells:
    """Text of at most `longest` characters, without control characters."""
    text = frame[column]
    bad = (
        pl.when(pl.col(column).str.contains(r"\p{Cc}"))
        .then(pl.lit(str(Reason.CONTROL_CHARACTER)))
        .when(pl.col(column).str.len_chars() > longest)
        .then(pl.lit(str(Reason.TOO_LONG)))
    )
    return _cells(frame, column, text, bad)


def word_cells(
    frame: pl.DataFrame, column: str, *, translated: dict[str, str], allowed: Sequence[str] | None
) -> Cells:
    """Words of the file turned into ours; letter case does not matter.

    translated: their word → ours; allowed: our words, None for any two-letter country code. Our
    own words may stand in the file as they are. A word translated to "" means nothing is known.
    """
    word = pl.col(column).str.to_lowercase()
    table = {their.lower(): ours for their, ours in translated.items()}
    if allowed is None:
        own: pl.Expr = pl.when(word.str.contains("^[a-z]{2}$")).then(word.str.to_uppercase())
    else:
        table = {**{ours.lower(): ours for ours in allowed}, **table}
        own = pl.lit(None, dtype=pl.String)
    value = (
        pl.when(word.is_in(list(table)))
        .then(word.replace_strict(table, default=None, return_dtype=pl.String))
        .otherwise(own)
        if table
        else own
    )
    values = frame.select(value.alias(column))[column]
    return _where_null(frame, column, values, Reason.UNKNOWN_VALUE)


def scaled_cells(frame: pl.DataFrame, column: str, rules: FileRules, *, places: int) -> Cells:
    """Decimal numbers as whole numbers of 10^-places; further digits may only be zeros."""
    plain = _plain_number(column, rules)
    parts = frame.select(
        plain.str.extract(r"^[+-]?(\d+)").alias("whole"),
        plain.str.extract(r"\.(\d+)$").fill_null("").str.strip_chars_end("0").alias("fraction"),
        plain.str.starts_with("-").alias("negative"),
        plain.alias("plain"),
    )
    digits = pl.col("whole") + pl.col("fraction").str.pad_end(places, "0")
    size = pl.col("whole").str.strip_chars_start("0").str.len_chars()
    number = digits.cast(pl.Int64, strict=False) * pl.when("negative").then(-1).otherwise(1)
    fits = (size <= _WHOLE_DIGITS) & (pl.col("fraction").str.len_chars() <= places)
    values = parts.select(pl.when(fits).then(number).alias(column))[column]
    bad = (
        pl.when(parts["plain"].is_null())
        .then(pl.lit(str(Reason.NOT_A_NUMBER)))
        .when(values.is_null())
        .then(pl.lit(str(Reason.OUT_OF_RANGE)))
    )
    return _cells(frame, column, values, pl.when(pl.col(column).is_not_null()).then(bad))


def unit_cells(frame: pl.DataFrame, column: str, rules: FileRules) -> Cells:
    """Whole units, negative ones too; "6.0" is six, "6.5" is refused."""
    cells = scaled_cells(frame, column, rules, places=4)
    number = cells.values
    whole, units = (number % 10_000) == 0, number // 10_000
    values = pl.select(pl.when(whole & (units.abs() <= MAX_UNITS)).then(units).alias(column))[
        column
    ]
    bad = (
        pl.when(~whole)
        .then(pl.lit(str(Reason.NOT_WHOLE)))
        .when(units.abs() > MAX_UNITS)
        .then(pl.lit(str(Reason.OUT_OF_RANGE)))
    )
    further = _cells(frame, column, values, bad)
    return Cells(values, pl.concat([cells.refused, further.refused]))


@dataclass(frozen=True, slots=True)
class TimeCells(Cells):
    """Times in UTC, and how many stood in an hour that the clock shows twice or skips."""

    ambiguous: int
    shifted: int


def time_cells(
    frame: pl.DataFrame, column: str, rules: TimeRules, *, shop_zone: str, now: datetime
) -> TimeCells:
    """Times as UTC: by their own offset, or else by the clock of `[time] zone`.

    An hour that comes twice is taken as the rules say (earliest: before the clock is put back);
    one that is skipped is refused or read by the clock before it was put on.
    """
    zone = rules.zone or shop_zone
    kind = frame.schema[column]
    if isinstance(kind, pl.Datetime):
        # A Parquet file's own times.
        column_time = pl.col(column).cast(pl.Datetime("us", kind.time_zone))
        own = column_time.dt.convert_time_zone("UTC") if kind.time_zone else None
        local = None if kind.time_zone else column_time
    else:
        text = pl.col(column)
        own, local = _parsed(text, rules.formats)
    read = frame.select(
        LINE,
        own=pl.lit(None, dtype=UTC_TIME) if own is None else own,
        local=pl.lit(None, dtype=pl.Datetime("us")) if local is None else local,
    )
    clock = pl.col("local").dt.replace_time_zone
    read = read.with_columns(
        early=clock(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC"),
        late=clock(zone, ambiguous="latest", non_existent="null").dt.convert_time_zone("UTC"),
    )
    skipped = pl.col("local").is_not_null() & pl.col("early").is_null() & pl.col("own").is_null()
    twice = pl.col("early") != pl.col("late")
    chosen = {"earliest": pl.col("early"), "latest": pl.col("late")}.get(
        rules.ambiguous, pl.when(~twice).then("early")
    )
    if rules.nonexistent == "forward":
        moments = read.filter(skipped)["local"].unique().to_list()
        forward = {moment: _before_the_change(moment, zone) for moment in moments}
        chosen = (
            pl.when(skipped)
            .then(
                pl.col("local").replace_strict(forward, default=None, return_dtype=UTC_TIME)
                if forward
                else pl.lit(None, dtype=UTC_TIME)
            )
            .otherwise(chosen)
        )
    read = read.with_columns(skipped=skipped, twice=twice, at=pl.coalesce("own", chosen))
    bad = (
        pl.when(pl.col("own").is_null() & pl.col("local").is_null())
        .then(pl.lit(str(Reason.NOT_A_TIME)))
        .when(pl.col("at").is_null() & pl.col("skipped"))
        .then(pl.lit(str(Reason.NONEXISTENT_TIME)))
        .when(pl.col("at").is_null())
        .then(pl.lit(str(Reason.AMBIGUOUS_TIME)))
        .when(pl.col("at") > now)
        .then(pl.lit(str(Reason.IN_THE_FUTURE)))
    )
    reasons = read.select(bad.alias("bad"))["bad"]
    values = read.select(pl.when(reasons.is_null()).then("at").alias(column))[column]
    cells = _cells(frame, column, values, pl.when(pl.col(column).is_not_null()).then(reasons))
    return TimeCells(
        values,
        cells.refused,
        ambiguous=read.filter(pl.col("twice") & pl.col("at").is_not_null()).height,
        shifted=read.filter(pl.col("skipped") & pl.col("at").is_not_null()).height,
    )


def _parsed(text: pl.Expr, formats: Sequence[str]) -> tuple[pl.Expr | None, pl.Expr | None]:
    """Return the times with an offset of their own, and those without, of a text column."""
    own = [
        text.str.to_datetime(pattern, time_unit="us", time_zone="UTC", strict=False)
        for pattern in formats
        if "%z" in pattern or "%:z" in pattern or "%#z" in pattern
    ]
    local = [
        text.str.to_date(pattern, strict=False).cast(pl.Datetime("us"))
        if not re.search("%[HIMSTRfspX]", pattern)
        else text.str.to_datetime(pattern, time_unit="us", strict=False)
        for pattern in formats
        if not ("%z" in pattern or "%:z" in pattern or "%#z" in pattern)
    ]
    return pl.coalesce(own) if own else None, pl.coalesce(local) if local else None


def _before_the_change(local: datetime, zone: str) -> datetime:
    """Read a skipped local time by the offset that held before (PEP 495, fold 0)."""
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def _plain_number(column: str, rules: FileRules) -> pl.Expr:
    """The cell as [+-]digits[.digits], null when it is not written as the rules say."""
    decimal, between = re.escape(rules.decimal), re.escape(rules.thousands)
    whole = rf"(\d+|\d{{1,3}}({between}\d{{3}})+)" if rules.thousands else r"\d+"
    # Some systems write the sign behind, and others leave out the zero before the point.
    shape = rf"^[+-]?({whole}({decimal}\d*)?|{decimal}\d+)$"
    text = pl.col(column)
    plain = text
    if rules.thousands:
        plain = plain.str.replace_all(rules.thousands, "", literal=True)
    if rules.decimal != ".":
        plain = plain.str.replace(rules.decimal, ".", literal=True)
    plain = plain.str.replace(r"^([+-]?)\.", "${1}0.").str.strip_suffix(".")
    return pl.when(text.str.contains(shape)).then(plain)


def _where_null(frame: pl.DataFrame, column: str, values: pl.Series, reason: Reason) -> Cells:
    missing = values.is_null()
    bad = pl.when(pl.col(column).is_not_null() & missing).then(pl.lit(str(reason)))
    return _cells(frame, column, values, bad)


def _cells(frame: pl.DataFrame, column: str, values: pl.Series, reason: pl.Expr) -> Cells:
    refused = frame.select(
        LINE,
        column=pl.lit(column),
        value=pl.col(column).cast(pl.String),
        reason=reason,
    ).drop_nulls("reason")
    return Cells(values, refused)
