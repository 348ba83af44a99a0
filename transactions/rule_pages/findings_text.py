"""A backtest's figures as its page says them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings

from techmart.lib import formats
from techmart.lib.charts import Series, time_line
from techmart.lib.charts.model import Chart
from transactions.choices import Decision
from transactions.models import RuleBacktest
from transactions.services.rules.gate import free_cases_a_day


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure: what it is, its value, and what stands behind it. tone: as of a tag."""

    label: str
    value: str
    detail: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class OverlapRow:
    """How much of a rule's hits another live rule meets as well."""

    name: str
    rule_id: int
    both: int
    share_of_hits: float | None
    share_of_other: float | None


def figure_rows(backtest: RuleBacktest, action: str) -> list[FigureRow]:
    """Return the figures of a finished backtest in the order a person asks for them."""
    found = backtest.result
    return [
        FigureRow(
            "Cases a day",
            formats.decimal(found["cases_a_day"]),
            f"{formats.count(found['cases'])} in {formats.count(found['days'])} days, "
            f"at most {formats.count(found['peak_cases_a_day'])} on one",
        ),
        _added(backtest, action),
        FigureRow("Precision", _share(found["precision"]), _precision_detail(found)),
        FigureRow(
            "Recall",
            _share(found["recall"]),
            f"{formats.count(found['caught'])} of {formats.count(found['frauds'])} known frauds, "
            f"{_money(found['fraud_cents'])} of {_money(found['all_fraud_cents'])}",
        ),
        FigureRow(
            _MONEY[Decision(action)],
            _money(found["amount_cents"]),
            f"{formats.count(found['lines'])} sales, {formats.count(found['customers'])} customers",
        ),
        FigureRow(
            _FRAUD[Decision(action)],
            _money(found["fraud_cents"]),
            f"{_money(found['added_fraud_cents'])} of it that nothing else would have stopped",
        ),
        FigureRow(
            "Customers harmed" if action != Decision.ALLOW else "Genuine customers let through",
            formats.count(found["customers_harmed"]),
            f"known to be genuine, {_money(found['genuine_cents'])}; "
            f"{formats.count(found['customers_unlabelled'])} more without a label",
        ),
        *_review_time(found, action),
        *_todays_lists(found),
        FigureRow("Labels", _lag(found), f"known by {found['labels_known_by'][:10]}"),
    ]


_MONEY = {
    Decision.ALLOW: "Money let through",
    Decision.REVIEW: "Money held",
    Decision.BLOCK: "Money blocked",
}
_FRAUD = {
    Decision.ALLOW: "Fraud let through",
    Decision.REVIEW: "Money saved",
    Decision.BLOCK: "Money saved",
}


def overlap_rows(found: Mapping[str, Any]) -> list[OverlapRow]:
    """Return the live rules that meet some of the same cases."""
    return [
        OverlapRow(
            each["name"],
            each["rule_id"],
            each["both"],
            each["share_of_hits"],
            each["share_of_other"],
        )
        for each in found["overlap"]
    ]


def daily_chart(found: Mapping[str, Any]) -> Chart | None:
    """Return cases a day over the period; None for a single day."""
    daily: Sequence[Sequence[Any]] = found["daily"]
    if len(daily) < 2:
        return None
    days = [formats.day(date.fromisoformat(day), year=False) for day, _, _ in daily]
    cases = [float(cases) for _, cases, _ in daily]
    frauds = [float(frauds) for _, _, frauds in daily]
    return time_line(
        label="Cases a day",
        summary=f"{formats.decimal(found['cases_a_day'])} cases a day, "
        f"at most {formats.count(found['peak_cases_a_day'])}.",
        x=days,
        series=[
            Series("Cases", cases, filled=True),
            Series("Known frauds", frauds, stroke="k2", dashed=True),
        ],
        format_value=formats.count,
    )


def _added(backtest: RuleBacktest, action: str) -> FigureRow:
    found = backtest.result
    if action == Decision.ALLOW:
        return FigureRow(
            "Released a day",
            formats.decimal(found["added_a_day"]),
            "cases that would be held or blocked without it",
        )
    detail = "cases that nothing else would have stopped"
    if action != Decision.REVIEW:
        return FigureRow("New cases a day", formats.decimal(found["added_a_day"]), detail)
    free = free_cases_a_day(backtest)
    fits = found["added_a_day"] <= free
    return FigureRow(
        "New cases a day",
        formats.decimal(found["added_a_day"]),
        f"{detail}; room for {formats.decimal(free)}",
        "good" if fits else "bad",
    )


def _review_time(found: Mapping[str, Any], action: str) -> list[FigureRow]:
    if action != Decision.REVIEW:
        return []
    capacity = found["capacity_a_day"] * found["minutes_per_case"] / 60
    return [
        FigureRow(
            "Review hours a day",
            formats.decimal(found["review_hours_a_day"]),
            f"at {found['minutes_per_case']} minutes a case; the shop has "
            f"{formats.decimal(capacity)} hours, "
            f"{formats.decimal(found['held_otherwise_a_day'])} cases a day are held already",
        )
    ]


def _todays_lists(found: Mapping[str, Any]) -> list[FigureRow]:
    if found["cases_with_todays_lists"] is None:
        return []
    return [
        FigureRow(
            "With today's lists",
            formats.count(found["cases_with_todays_lists"]),
            "cases, had they always held what they hold now; counted above as they were",
        )
    ]


def _share(share: Mapping[str, Any]) -> str:
    if share["value"] is None:
        return formats.UNKNOWN
    return (
        f"{formats.rate(share['value'])} "
        f"({formats.rate(share['low'])} to {formats.rate(share['high'])})"
    )


def _precision_detail(found: Mapping[str, Any]) -> str:
    if not found["labelled"]:
        return "no case has a label yet"
    return (
        f"{formats.count(found['caught'])} frauds of {formats.count(found['labelled'])} cases with "
        f"a label; {formats.count(found['cases'] - found['labelled'])} have none"
    )


def _lag(found: Mapping[str, Any]) -> str:
    lag = found["lag_days"]
    if lag["median"] is None:
        return formats.UNKNOWN
    return f"{formats.decimal(lag['median'])} days late, one in ten {formats.decimal(lag['p90'])}"


def _money(cents: int) -> str:
    return formats.money(Decimal(cents).scaleb(-2), settings.SHOP_CURRENCY)
