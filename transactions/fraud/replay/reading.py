"""Labelled files: which of their columns is what, and every cell that cannot be used named."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from transactions.fraud.calendar import shop_days
from transactions.fraud.frame import Ints, SalesFrame
from transactions.fraud.replay.engine import LabelledSales
from transactions.importing.cells import Cells, scaled_cells, text_cells, time_cells, word_cells
from transactions.importing.fields import field_frame
from transactions.importing.mapping import FileRules, Mapping, read_mapping
from transactions.importing.reading import LINE, TextTable, read_table, require_columns
from transactions.importing.refusals import REMEDIES, Reason, no_refusals

# Our field, and what other systems call it: taken for it where no mapping is given.
FIELDS: dict[str, tuple[str, ...]] = {
    "transaction_id": ("reference", "id"),
    "timestamp": ("tx_datetime", "datetime", "time"),
    "customer": ("customer_id", "card_id", "card"),
    "device": ("device_id", "terminal_id", "terminal"),
    "amount": ("tx_amount", "total_amount"),
    "is_fraud": ("tx_fraud", "fraud", "label"),
    "channel": (),
    "ip_country": (),
    "ship_country": (),
}
_LABEL_WORDS = {"1": "fraud", "0": "genuine", "true": "fraud", "false": "genuine",
                "1.0": "fraud", "0.0": "genuine", "yes": "fraud", "no": "genuine"}  # fmt: skip
_LONGEST = 120
# Times without an offset and without a zone in the mapping are taken as they stand.
_ZONE = "UTC"
# Bad cells that a message names.
_NAMED = 5


class UnusableLines(ValueError):
    """Cells of the file cannot be used; names the first by line and column, with the remedy."""


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """A file's lines in time order.

    transaction_id: as the file has them. day: by the file's own clock, as date.toordinal().
    """

    transaction_id: pl.Series
    day: Ints
    history: LabelledSales

    @property
    def customer(self) -> Ints:
        """Return a number for each line's customer; 0 is none."""
        return self.history.sales.customer_id


def read_labelled(
    path: Path,
    *,
    mapping: Path | None = None,
    label_column: str = "",
    needed: Sequence[str] = ("transaction_id", "timestamp", "customer", "amount"),
) -> LabelledFile:
    """Read a CSV, gzipped CSV or Parquet file by a mapping, or by the names of its columns.

    label_column: of the file; "" takes the mapping's. needed: our fields that have to be there.
    Times without an offset are UTC unless the mapping names a zone. Lines of one moment stay in
    the file's order.

    Raises MappingError, UnreadableFile, UnusableLines, OSError.
    """
    rules = read_mapping(mapping, known_fields=FIELDS) if mapping else Mapping()
    table = read_table(path, rules.file)
    rules = _named(rules, table, label_column)
    missing = [name for name in needed if name not in {**rules.columns, **rules.constants}]
    if missing:
        raise UnusableLines(
            f"{path.name} has no column for {', '.join(missing)}: name it under [columns] of a "
            f"mapping file. The file has {', '.join(table.columns)}."
        )
    require_columns(table, list(rules.columns.values()))
    return _labelled(field_frame(table, rules, rules.columns), table, rules)


def _named(rules: Mapping, table: TextTable, label_column: str) -> Mapping:
    """Return the mapping with the columns that can be told by their names."""
    columns = dict(rules.columns)
    if not columns:
        for name, aliases in FIELDS.items():
            found = next((alias for alias in (name, *aliases) if alias in table.columns), None)
            if found:
                columns[name] = found
    if label_column:
        if label_column not in table.columns:
            near = get_close_matches(label_column, table.columns, n=1, cutoff=0.5)
            raise UnusableLines(
                f"The file has no column {label_column!r}"
                + (f": did you mean {near[0]!r}?" if near else f"; it has {table.columns}.")
            )
        columns["is_fraud"] = label_column
    return replace(rules, columns=columns)


def _labelled(frame: pl.DataFrame, table: TextTable, rules: Mapping) -> LabelledFile:
    cells = _cells(frame, rules)
    _refuse(cells, table, rules)
    by = np.argsort(cells["timestamp"].values.dt.epoch("us").to_numpy(), kind="stable")
    n = frame.height

    def column(name: str) -> pl.Series:
        found = cells[name].values if name in cells else pl.Series([None] * n, dtype=pl.String)
        return found.fill_null("").gather(by)

    def amount() -> Ints:
        if "amount" not in cells:
            return np.zeros(n, np.int64)
        return cells["amount"].values.gather(by).to_numpy()

    identity = cells["transaction_id"].values.gather(by)
    sales = SalesFrame(
        timestamp_us=cells["timestamp"].values.gather(by).dt.epoch("us").to_numpy(),
        order_ref=identity.to_numpy(),
        customer_id=_numbered(column("customer")),
        product_id=np.zeros(n, np.int64),
        quantity=np.ones(n, np.int64),
        amount_cents=amount(),
        channel=column("channel").to_numpy(),
        ip_country=column("ip_country").to_numpy(),
        ship_country=column("ship_country").to_numpy(),
        device=column("device").to_numpy(),
    )
    label = column("is_fraud").replace_strict({"fraud": 1, "genuine": 0}, default=-1)
    return LabelledFile(
        transaction_id=identity,
        day=shop_days(sales.timestamp_us, ZoneInfo(rules.time.zone or _ZONE)),
        history=LabelledSales(sales, label.cast(pl.Int64).to_numpy()),
    )


def _cells(frame: pl.DataFrame, rules: Mapping) -> dict[str, Cells]:
    cells: dict[str, Cells] = {}
    for name in frame.columns:
        if name in ("transaction_id", "customer", "device", "channel"):
            cells[name] = text_cells(frame, name, longest=_LONGEST)
        elif name in ("ip_country", "ship_country"):
            words = rules.values.get(name, {})
            cells[name] = word_cells(frame, name, translated=words, allowed=None)
        elif name == "amount":
            cells[name] = _money(frame, rules.file)
        elif name == "is_fraud":
            words = {**_LABEL_WORDS, **rules.values.get(name, {})}
            cells[name] = word_cells(frame, name, translated=words, allowed=("fraud", "genuine"))
        elif name == "timestamp":
            # What lies in the future here may be a simulation's present.
            future = datetime.now(UTC) + timedelta(days=36_500)
            cells[name] = time_cells(frame, name, rules.time, shop_zone=_ZONE, now=future)
    return cells


def _money(frame: pl.DataFrame, rules: FileRules) -> Cells:
    """Amounts in cents, not negative."""
    cells = scaled_cells(frame, "amount", rules, places=2)
    negative = frame.with_columns(cents=cells.values).filter(pl.col("cents") < 0)
    refused = negative.select(
        LINE,
        column=pl.lit("amount"),
        value=pl.col("amount").cast(pl.String),
        reason=pl.lit(str(Reason.OUT_OF_RANGE)),
    )
    return Cells(cells.values, pl.concat([cells.refused, refused]))


def _numbered(names: pl.Series) -> Ints:
    """Return 1, 2, … for names in the order they first appear, 0 for the empty one."""
    ranks = (
        names.to_frame("name")
        .with_row_index("row")
        .with_columns(first=pl.col("row").min().over("name"))
    )
    numbers = ranks["first"].rank("dense").cast(pl.Int64).to_numpy()
    return np.where((names == "").to_numpy(), 0, numbers)


def _refuse(cells: dict[str, Cells], table: TextTable, rules: Mapping) -> None:
    """Raise UnusableLines when any cell is bad, any needed one empty, or an id comes twice."""
    bad = [no_refusals(), table.refused, *(cell.refused for cell in cells.values())]
    for name in ("transaction_id", "timestamp", "amount"):
        if name in cells:
            empty = table.frame.select(LINE).filter(cells[name].values.is_null())
            bad.append(
                empty.select(
                    LINE,
                    column=pl.lit(name),
                    value=pl.lit(""),
                    reason=pl.lit(str(Reason.MISSING)),
                )
            )
    refused = pl.concat(bad).unique(["line", "column"], keep="first", maintain_order=True)
    if refused.height:
        shown = [
            f"Line {row['line']}, column {rules.columns.get(row['column'], row['column'])!r}: "
            f"{row['value']!r} is no good ({row['reason']}). {REMEDIES[Reason(row['reason'])]}"
            for row in refused.sort("line").head(_NAMED).iter_rows(named=True)
        ]
        rest = refused.height - len(shown)
        raise UnusableLines("\n".join(shown + ([f"{rest:,} more."] if rest else [])))
    identity = cells["transaction_id"].values
    twice = identity.filter(identity.is_duplicated())
    if len(twice):
        raise UnusableLines(
            f"Transaction {twice[0]!r} comes twice: each line needs an id of its own."
        )


_DURATION = re.compile(r"(\d+)([dh])")


def duration_us(text: str) -> int:
    """Return the microseconds of "7d" or "36h"; raises ValueError."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no duration: write days as 7d, hours as 36h.")
    unit = timedelta(days=1) if found[2] == "d" else timedelta(hours=1)
    return int(found[1]) * (unit // timedelta(microseconds=1))
