"""The page of quality: finished values for the templates."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from techmart.core.models import User
from techmart.lib import formats
from techmart.lib.charts import Chart, Series, time_line
from techmart.lib.page_parts import AsOf, Tile, Tone, Window
from techmart.lib.proportions import Share, wilson
from transactions.choices import Decision, ModelState
from transactions.fraud.columns import PRIOR
from transactions.models import FraudModel
from transactions.paths import LIST_PATH, REVIEW_PATH
from transactions.quality.loading import RuleHits
from transactions.quality.measures import LEAST_LABELS, Measure, ModelQuality
from transactions.quality.report import Measures, QualityReport, SignalDrift, quality_report

QUALITY_PATH = f"{LIST_PATH}quality/"
_FRESH_SECONDS = 3600
_MINUTE = 60.0
# Bands of the population stability index (Siddiqi, 2006).
_PSI_MOVED, _PSI_SHIFTED = 0.1, 0.25
CHANGE_MODELS = "transactions.change_fraudmodel"

DEFINITIONS = {
    "precision": "Of the orders with the highest scores each day, as many as people can review,"
    " the share known to be fraud. Orders without a label say nothing and are left out.",
    "recall": "Of the money in orders known to be fraud, the share that was held for review or"
    " blocked when it came in.",
    "false_positives": "Of every 1,000 customers who bought, those who were held or blocked with an"
    " order known to be genuine.",
    "decision": "Median minutes from a sale being recorded to its decision. Decisions that were"
    " undone do not count.",
    "handling": "Median minutes from a case being taken on to its decision.",
    "models": "By the version of the score that was used when the sale came in. Average precision"
    " and AUC judge the ranking of labelled sales; precision and recall a score above 50.",
    "rules": "What each rule met in these weeks. Precision is of hits whose order has a label, with"
    " its 95 % interval (Wilson). Shadow hits changed nothing.",
    "drift": "Population stability index of each signal's value in the last 7 days against the 28"
    " before: Σ (p − q)·ln(p/q) over silent and four quarters. Below 0.1 steady, above 0.25"
    " shifted.",
}


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A week's measures as numbers, None where too few labels tell. times in minutes."""

    first: date
    precision: float | None
    recall: float | None
    false_positives: float | None
    minutes: float | None
    labels: int


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model. in_place: it scores now. lines, frauds: it was learned from, 0 for written weights.
    did: how it did on labelled sales, None where it scored none. pk: None where it is not kept."""

    version: str
    kind: str
    in_place: bool
    state: str
    problem: str
    learned_until: datetime | None
    lines: int
    frauds: int
    did: ModelQuality | None
    pk: int | None
    promote_url: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule with its precision. share.value: None without labelled hits."""

    hits: RuleHits
    action: str
    share: Share


@dataclass(frozen=True, slots=True)
class DriftRow:
    """A signal with how far it moved, in a word and its tone."""

    signal: SignalDrift
    word: str
    tone: Tone


def quality_context(*, user: User, now: datetime, refresh: bool = False) -> dict[str, Any]:
    """Return everything that `transactions/_quality.html` asks for."""
    report = quality_report(now=now, zone=timezone.get_default_timezone(), refresh=refresh)
    may_change = user.has_perm(CHANGE_MODELS)
    models = _model_rows(report.models, may_change=may_change)
    learned = any(row.in_place and row.pk is not None for row in models)
    return {
        "page_url": QUALITY_PATH,
        "freshness": AsOf(report.as_of, _FRESH_SECONDS),
        "tiles": quality_tiles(report),
        "missing": _missing(report.now),
        "capacity": report.capacity,
        "labelled": report.labelled,
        "weekly_chart": weekly_chart(report.weeks),
        "weeks": [_week(week) for week in reversed(report.weeks)],
        "models": models,
        "rules": [_rule(hits) for hits in report.rules],
        "drift": [_drift(signal) for signal in report.drift],
        "definitions": DEFINITIONS,
        "least_labels": LEAST_LABELS,
        "roll_back_url": f"{QUALITY_PATH}roll-back/" if may_change and learned else "",
    }


def quality_tiles(report: QualityReport) -> list[Tile]:
    """Return the headline figures with what they were in the four weeks before."""
    now, before = report.now, report.before
    as_of = AsOf(report.as_of, _FRESH_SECONDS)

    def tile(
        key: str,
        label: str,
        kind: Any,
        href: str,
        of: Callable[[Measures], Measure],
        *,
        counted: str,
        higher_is: Any,
        per: float = 1.0,
        definition: str = "",
    ) -> Tile:
        measure, earlier = of(now), of(before)
        return Tile(
            key=key,
            label=label,
            value=_per(measure.value, per),
            kind=kind,
            href=href,
            definition=DEFINITIONS[definition or key],
            as_of=as_of,
            previous=_per(earlier.value, per),
            window=Window(now.first, now.last),
            higher_is=higher_is,
            series=_known([_per(of(week).value, per) for week in report.weeks]),
            detail=f"of {formats.count(measure.of)} {counted}",
        )

    suspicious, decided = f"{LIST_PATH}?suspicious=1&period=28d", f"{REVIEW_PATH}?tab=decided"
    return [
        tile(
            "precision",
            f"Precision at {report.capacity} a day",
            "rate",
            suspicious,
            lambda m: m.precision,
            counted="labelled",
            higher_is="good",
        ),
        tile(
            "recall",
            "Fraud caught, by amount",
            "rate",
            suspicious,
            lambda m: m.recall,
            counted="known",
            higher_is="good",
        ),
        tile(
            "false_positives",
            "Wronged of 1,000 customers",
            "decimal",
            suspicious,
            lambda m: m.false_positives,
            counted="labelled",
            higher_is="bad",
        ),
        tile(
            "decision",
            "Minutes to decision",
            "decimal",
            decided,
            lambda m: m.time_to_decision,
            counted="decisions",
            higher_is="bad",
            per=_MINUTE,
        ),
        tile(
            "handling",
            "Minutes a case",
            "decimal",
            decided,
            lambda m: m.handling_time,
            counted="timed",
            higher_is="bad",
            per=_MINUTE,
        ),
    ]


def _missing(now: Measures) -> list[str]:
    """Say what it takes for the figures that cannot be told yet."""
    needs = []
    if now.precision.value is None:
        needs.append(f"Precision needs {now.precision.missing} more labelled orders.")
    if now.recall.value is None:
        needs.append(f"Recall needs {now.recall.missing} more known frauds.")
    if now.time_to_decision.value is None:
        needs.append("Times need five decisions.")
    return needs


def weekly_chart(weeks: list[Measures]) -> Chart | None:
    """Return precision and recall of each week, oldest first; None while neither is known."""
    precision = [week.precision.value for week in weeks]
    recall = [week.recall.value for week in weeks]
    if all(value is None for value in [*precision, *recall]):
        return None
    known = [value for value in recall if value is not None]
    newest = f"Newest recall by amount {formats.rate(known[-1])}." if known else "No recall yet."
    return time_line(
        label="Precision at capacity and recall by amount, per week from its first day",
        summary=newest,
        x=[formats.day(week.first, year=False) for week in weeks],
        series=[
            Series("Precision at capacity", precision, "k1", running_last=True),
            Series("Recall by amount", recall, "k2", running_last=True),
        ],
        format_value=formats.rate,
        format_tick=lambda share: formats.rate(share, places=0),
        steps=(1, 2, 4),
    )


def _week(week: Measures) -> WeekRow:
    return WeekRow(
        first=week.first,
        precision=week.precision.value,
        recall=week.recall.value,
        false_positives=week.false_positives.value,
        minutes=_per(week.time_to_decision.value, _MINUTE),
        labels=week.false_positives.of,
    )


def _model_rows(measured: list[ModelQuality], *, may_change: bool) -> list[ModelRow]:
    """Return the model in place, then the kept ones, then what else scored in these weeks."""
    did = {model.version: model for model in measured}
    kept = list(FraudModel.objects.defer("artefact", "trees").order_by("-created_at", "-pk")[:20])
    rows = [
        ModelRow(
            version=model.version,
            kind=model.get_kind_display(),
            in_place=model.state == ModelState.CHAMPION,
            state=model.get_state_display(),
            problem=model.problem,
            learned_until=model.learned_until,
            lines=model.lines,
            frauds=model.frauds,
            did=did.pop(model.version, None),
            pk=model.pk,
            promote_url=f"{QUALITY_PATH}models/{model.pk}/promote/"
            if may_change and model.state in (ModelState.RETIRED, ModelState.CANDIDATE)
            else "",
        )
        for model in kept
    ]
    # Without a champion the written weights score.
    if not any(row.in_place for row in rows):
        rows.append(_written(did.pop(PRIOR.version, None), in_place=True))
    rows += [_written(model) for model in did.values()]
    return sorted(rows, key=lambda row: not row.in_place)


def _written(did: ModelQuality | None, *, in_place: bool = False) -> ModelRow:
    return ModelRow(
        version=did.version if did else PRIOR.version,
        kind="Written weights" if in_place else "Not kept",
        in_place=in_place,
        state="Scored earlier",
        problem="",
        learned_until=None,
        lines=0,
        frauds=0,
        did=did,
        pk=None,
        promote_url="",
    )


def _rule(hits: RuleHits) -> RuleRow:
    return RuleRow(hits, Decision(hits.action).label, wilson(hits.frauds, hits.labelled))


def _drift(signal: SignalDrift) -> DriftRow:
    if signal.psi is None:
        return DriftRow(signal, "Too few sales", "")
    if signal.psi > _PSI_SHIFTED:
        return DriftRow(signal, "Shifted", "bad")
    return (
        DriftRow(signal, "Moved", "warn")
        if signal.psi > _PSI_MOVED
        else DriftRow(signal, "Steady", "good")
    )


def _per(value: float | None, unit: float) -> float | None:
    return None if value is None else value / unit


def _known(values: list[float | None]) -> list[float]:
    return [value for value in values if value is not None]
