"""Learning fraud models from the shop's own labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from transactions.choices import ModelKind, ModelState
from transactions.fraud.calendar import microseconds
from transactions.fraud.columns import PRIOR, SIGNALS
from transactions.fraud.frame import DAY_US, Flags, Floats, Ints
from transactions.fraud.learning.additive import AdditiveModel, Model
from transactions.fraud.learning.boosted import BoostedModel, fit_boosted
from transactions.fraud.learning.contest import Kind, LabelledWeek, champion_of
from transactions.fraud.learning.fitting import fit_additive
from transactions.fraud.learning.measures import (
    area_under_roc,
    average_precision,
    precision_and_recall,
)
from transactions.fraud.recorded import RecordedSales, recorded_sales
from transactions.fraud.scoring import chances
from transactions.models import FraudLabel, FraudModel
from transactions.services.fraud_models import install_models
from transactions.services.review_capacity import CURVE, review_curve

# Sales of so many days are learned from (judgement, 2026-11): half a year behind the labels' lag.
LEARNED_DAYS = 182
# Without a label for so long a sale is taken for genuine, in training alone.
SILENT_DAYS = 90
LEAST_FRAUDS = 20
CONTEST_DAYS = 28
DUE_AFTER = timedelta(days=6, hours=12)

Metrics = dict[str, Mapping[str, float | None]]


@dataclass(frozen=True, slots=True)
class Refit:
    """What a refit came to. champion: the version in place; None for too few labels."""

    champion: str | None
    lines: int
    frauds: int


@dataclass(frozen=True, slots=True)
class _Lesson:
    """Labelled sales in time order. day: whole days since 1970."""

    values: Floats
    is_fraud: Flags
    day: Ints
    first_at: datetime
    last_at: datetime

    def part(self, chosen: Flags) -> tuple[Floats, Flags]:
        return self.values[chosen], self.is_fraud[chosen]


def refit_when_due(*, now: datetime) -> Refit | None:
    """Refit unless that was done within the last six and a half days; see `refit_fraud_model`."""
    newest = FraudModel.objects.exclude(kind=ModelKind.PRIOR).order_by("-created_at").first()
    if newest is not None and newest.created_at > now - DUE_AFTER:
        return None
    return refit_fraud_model(now=now)


def refit_fraud_model(*, now: datetime) -> Refit:
    """Learn from the labels known by now and put the better model in place.

    Both kinds are first fitted without the newest four labelled weeks and measured on these; the
    champion's kind is left only by the rule of `contest`, and for the priors where neither beats
    them. Then both learn from everything. Does nothing with fewer than 20 labelled frauds.
    """
    since = now - timedelta(days=SILENT_DAYS + LEARNED_DAYS)
    labelled = FraudLabel.objects.filter(is_fraud=True, known_at__gte=since).count()
    if labelled < LEAST_FRAUDS:
        # Reading half a year of sales would not bring more.
        return Refit(None, 0, labelled)
    sales = recorded_sales(since, now)
    lesson = _lesson(sales, now)
    lines, frauds = len(lesson.is_fraud), int(lesson.is_fraud.sum())
    if frauds < LEAST_FRAUDS:
        return Refit(None, lines, frauds)
    stamp = now.strftime("%Y-%m-%d.%H%M%S")
    kind, metrics = _contest(lesson, stamp)
    additive, boosted = _fit(lesson.values, lesson.is_fraud, stamp)
    rows = [
        _row(lesson, ModelKind.ADDITIVE, additive, metrics, sales, now=now),
        _row(lesson, ModelKind.BOOSTED, boosted, metrics, sales, now=now),
    ]
    champion = install_models(rows, best=kind, now=now)
    return Refit(champion.version, lines, frauds)


def _lesson(sales: RecordedSales, now: datetime) -> _Lesson:
    """Return what can be learned from: what has a label, or was silent for long."""
    at_us = sales.frame.timestamp_us
    silent_since = microseconds(now - timedelta(days=SILENT_DAYS))
    told = np.flatnonzero((sales.label >= 0) | (at_us < silent_since))
    return _Lesson(
        values=sales.scores.values[told],
        is_fraud=sales.label[told] == 1,
        day=at_us[told] // DAY_US,
        first_at=sales.moment(int(told[0])) if len(told) else now,
        last_at=sales.moment(int(told[-1])) if len(told) else now,
    )


def _fit(values: Floats, is_fraud: Flags, stamp: str) -> tuple[AdditiveModel, BoostedModel]:
    additive = fit_additive(
        values, is_fraud, columns=SIGNALS, prior=PRIOR, version=f"additive.{stamp}"
    )
    boosted = fit_boosted(
        values, is_fraud, columns=SIGNALS, additive=additive, version=f"boosted.{stamp}"
    )
    return additive, boosted


def _contest(lesson: _Lesson, stamp: str) -> tuple[ModelKind, Metrics]:
    """Return the kind to put in place and every kind's measures on weeks it had not seen."""
    newest = int(lesson.day.max())
    asked = lesson.day > newest - CONTEST_DAYS
    incumbent = _incumbent()
    if lesson.is_fraud[~asked].sum() < LEAST_FRAUDS or not lesson.is_fraud[asked].any():
        return (ModelKind.BOOSTED if incumbent == Kind.BOOSTED else ModelKind.ADDITIVE), {}
    additive, boosted = _fit(*lesson.part(~asked), stamp)
    values, is_fraud = lesson.part(asked)
    log_odds = {
        kind: model.contributions(values).sum(axis=1)
        for kind, model in (
            (ModelKind.PRIOR, PRIOR),
            (ModelKind.ADDITIVE, additive),
            (ModelKind.BOOSTED, boosted),
        )
    }
    week = (newest - lesson.day[asked]) // 7
    weeks = []
    for back in range(int(week.max()), -1, -1):
        own = week == back
        weeks.append(
            LabelledWeek(
                int(is_fraud[own].sum()),
                average_precision(is_fraud[own], log_odds[ModelKind.ADDITIVE][own]),
                average_precision(is_fraud[own], log_odds[ModelKind.BOOSTED][own]),
            )
        )
    winner = ModelKind(champion_of(weeks, incumbent=incumbent).value)
    metrics = {kind.value: _measures(is_fraud, scores) for kind, scores in log_odds.items()}
    reached, prior = (average_precision(is_fraud, log_odds[k]) for k in (winner, ModelKind.PRIOR))
    return (winner if reached >= prior else ModelKind.PRIOR), metrics


def _incumbent() -> Kind:
    boosted = FraudModel.objects.filter(state=ModelState.CHAMPION, kind=ModelKind.BOOSTED).exists()
    return Kind.BOOSTED if boosted else Kind.ADDITIVE


def _measures(is_fraud: Flags, log_odds: Floats) -> Mapping[str, float | None]:
    precision, recall = precision_and_recall(is_fraud, log_odds > 0)
    measures = {
        "average_precision": average_precision(is_fraud, log_odds),
        "auc": area_under_roc(is_fraud, log_odds),
        "precision": precision,
        "recall": recall,
    }
    return {name: None if np.isnan(value) else value for name, value in measures.items()}


def _row(
    lesson: _Lesson,
    kind: ModelKind,
    model: Model,
    metrics: Metrics,
    sales: RecordedSales,
    *,
    now: datetime,
) -> FraudModel:
    late = sales.frame.timestamp_us >= microseconds(now - timedelta(days=CONTEST_DAYS))
    log_odds = model.contributions(sales.scores.values[late]).sum(axis=1)
    curve = review_curve(chances(log_odds), sales.frame.order_ref[late].tolist(), days=CONTEST_DAYS)
    return FraudModel(
        version=model.version,
        kind=kind,
        state=ModelState.CANDIDATE,
        artefact=model.additive.to_json(),
        trees=model.artefact if isinstance(model, BoostedModel) else None,
        learned_from=lesson.first_at,
        learned_until=lesson.last_at,
        lines=len(lesson.is_fraud),
        frauds=int(lesson.is_fraud.sum()),
        metrics={**metrics, CURVE: curve},
        created_at=now,
    )
