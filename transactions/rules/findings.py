"""What a rule would have done to past sales: figures out of judged lines.

A case is an order: what an analyst decides on, and what labels speak of.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import polars as pl

from techmart.lib.proportions import wilson
from transactions.choices import Decision
from transactions.rules.columns import ORDER
from transactions.rules.matching import TIMESTAMP

_DAY_US = 86_400_000_000
HIT, HIT_TODAY = "hit", "hit_with_todays_lists"
# By what runs today without the rule that is tried.
ALLOWED, BLOCKED, HELD = "allowed", "blocked", "held"
AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Other:
    """A live rule beside the one that is tried. column: where its truth stands in the lines."""

    rule_id: int
    name: str
    action: Decision

    @property
    def column(self) -> str:
        """Name of the column of its truth."""
        return f"rule_{self.rule_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the figures are measured by. since, until: shop days, half-open."""

    action: Decision
    since: date
    until: date
    sales: int
    capacity_a_day: int
    minutes_per_case: int
    others: Sequence[Other] = ()
    has_lists: bool = False

    @property
    def days(self) -> int:
        """Shop days of the period."""
        return (self.until - self.since).days


def findings(lines: pl.DataFrame, labels: pl.DataFrame, by: Conditions) -> dict[str, Any]:
    """Return the figures of a backtest, as JSON can hold them; amounts in cents.

    lines: those that matter, in any order: timestamp_us, order_ref, customer_id, day, amount, and
    flags hit, hit_with_todays_lists, allowed, blocked, held and one a rule of `by.others`; every
    line hit, held, blocked or met by another, and every line of an order known to be fraud.
    labels: order_ref, is_fraud, known_us; one an order.

    precision: of labelled hit cases those that are fraud; recall: of cases known to be fraud
    those hit. added: cases that nothing else would have stopped (of a rule that allows: those it
    lets through that would have been). Each share with Wilson's 95 % interval.
    """
    lines = _flagged(lines.join(labels, on=ORDER, how="left"), by.action)
    cases = _cases(lines, by.others, by.action)
    hit = cases.filter(HIT)
    labelled = hit.filter(pl.col("is_fraud").is_not_null())
    frauds = cases.filter(pl.col("is_fraud").fill_null(False))
    caught = frauds.filter(HIT).height
    added = cases.filter("added").height / by.days
    hit_lines = lines.filter(HIT)
    fraud_hits = hit_lines.filter(pl.col("is_fraud"))
    daily = _daily(hit, by)
    return {
        "sales": by.sales,
        "days": by.days,
        "lines": hit_lines.height,
        "cases": hit.height,
        "cases_a_day": hit.height / by.days,
        "peak_cases_a_day": max((cases for _, cases, _ in daily), default=0),
        "labelled": labelled.height,
        "precision": asdict(wilson(caught, labelled.height)),
        "frauds": frauds.height,
        "caught": caught,
        "recall": asdict(wilson(caught, frauds.height)),
        "amount_cents": _sum(hit_lines),
        "fraud_cents": _sum(fraud_hits),
        "added_fraud_cents": _sum(fraud_hits.filter("added_line")),
        "all_fraud_cents": _sum(lines.filter(pl.col("is_fraud"))),
        "genuine_cents": _sum(hit_lines.filter(~pl.col("is_fraud"))),
        "customers": _customers(hit_lines),
        "customers_harmed": _customers(hit_lines.filter(~pl.col("is_fraud"))),
        "customers_unlabelled": _customers(hit_lines.filter(pl.col("is_fraud").is_null())),
        "added": round(added * by.days),
        "added_a_day": max(added, _with_todays_lists(cases, by) / by.days),
        "held_otherwise_a_day": cases.filter("held_otherwise").height / by.days,
        "capacity_a_day": by.capacity_a_day,
        "minutes_per_case": by.minutes_per_case,
        "review_hours_a_day": added * by.minutes_per_case / 60,
        "cases_with_todays_lists": cases.filter(HIT_TODAY).height if by.has_lists else None,
        "lag_days": _lag_days(cases),
        "overlap": [_overlap(other, cases, hit.height) for other in by.others],
        "daily": daily,
    }


def _flagged(lines: pl.DataFrame, action: Decision) -> pl.DataFrame:
    """Say of each line whether it is stopped without the rule, and whether the rule adds to it."""
    stopped = ~pl.col(ALLOWED) & (pl.col(BLOCKED) | pl.col(HELD))
    free = stopped if action == Decision.ALLOW else ~pl.col(ALLOWED) & ~stopped
    return lines.with_columns(
        stopped.alias("stopped"),
        (~pl.col(ALLOWED) & ~pl.col(BLOCKED) & pl.col(HELD)).alias("held_line"),
        (pl.col(HIT) & free).alias("added_line"),
        (pl.col(HIT_TODAY) & free).alias("added_line_today"),
    )


def _cases(lines: pl.DataFrame, others: Sequence[Other], action: Decision) -> pl.DataFrame:
    flags = [HIT, HIT_TODAY, "held_line", "added_line", "added_line_today"]
    cases = lines.group_by(ORDER).agg(
        *(pl.col(name).any() for name in (*flags, *(other.column for other in others))),
        pl.col("day").filter(pl.col(HIT)).min().alias("hit_on"),
        pl.col(TIMESTAMP).min(),
        pl.col("is_fraud").first(),
        pl.col("known_us").first(),
    )
    # A case that is held for another of its lines takes no more time for this one.
    new = pl.lit(True) if action == Decision.ALLOW else ~pl.col("held_line")
    return cases.with_columns(
        pl.col("held_line").alias("held_otherwise"),
        (pl.col("added_line") & new).alias("added"),
        (pl.col("added_line_today") & new).alias("added_today"),
    )


def _with_todays_lists(cases: pl.DataFrame, by: Conditions) -> int:
    """Cases added, had today's lists been there all along: what is to be expected of new ones."""
    return cases.filter("added_today").height if by.has_lists else 0


def _sum(lines: pl.DataFrame) -> int:
    return int(lines[AMOUNT].sum())


def _customers(lines: pl.DataFrame) -> int:
    return lines["customer_id"].drop_nulls().n_unique()


def _lag_days(cases: pl.DataFrame) -> dict[str, float | None]:
    """Days from a sale to its label, of the cases behind precision and recall."""
    used = cases.filter(pl.col("is_fraud").is_not_null() & (pl.col(HIT) | pl.col("is_fraud")))
    lags = (used["known_us"] - used[TIMESTAMP]) / _DAY_US
    return {
        name: None if not len(lags) else float(lags.quantile(share, "nearest") or 0.0)
        for name, share in (("median", 0.5), ("p90", 0.9))
    }


def _overlap(other: Other, cases: pl.DataFrame, hits: int) -> dict[str, Any]:
    met = cases.filter(pl.col(other.column))
    both = met.filter(HIT).height
    return {
        "rule_id": other.rule_id,
        "name": other.name,
        "action": str(other.action),
        "cases": met.height,
        "both": both,
        "share_of_hits": both / hits if hits else None,
        "share_of_other": both / met.height if met.height else None,
    }


def _daily(hit: pl.DataFrame, by: Conditions) -> list[tuple[str, int, int]]:
    """Day, cases hit, and known frauds among them; every day of the period, oldest first."""
    found = {
        day: (cases, frauds)
        for day, cases, frauds in hit.group_by("hit_on")
        .agg(pl.len().alias("cases"), pl.col("is_fraud").fill_null(False).sum().alias("frauds"))
        .iter_rows()
    }
    days = pl.date_range(by.since, by.until, "1d", closed="left", eager=True).to_list()
    return [(day.isoformat(), *found.get(day, (0, 0))) for day in days]
