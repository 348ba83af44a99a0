"""A labelled history replayed in time order: every line scored from what was known before it."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from transactions.fraud.calendar import moment_of
from transactions.fraud.columns import PRIOR, SIGNALS
from transactions.fraud.devices import (
    LEAST_UNEXPLAINED,
    UNKNOWN_DEVICE,
    DeviceFacts,
    device_runs,
)
from transactions.fraud.frame import (
    DAY_US,
    Flags,
    Ints,
    PastLines,
    SalesFrame,
    text_column,
)
from transactions.fraud.habits import Habits
from transactions.fraud.labels import FOREVER_US, Spans
from transactions.fraud.learning.additive import AdditiveModel, Model
from transactions.fraud.learning.boosted import BoostedModel, fit_boosted
from transactions.fraud.learning.contest import Kind, LabelledWeek, champion_of
from transactions.fraud.learning.fitting import fit_additive
from transactions.fraud.learning.measures import average_precision
from transactions.fraud.risk import LineBaselines, no_risk
from transactions.fraud.scoring import (
    Scores,
    line_values,
    score_values,
    unexplained_by_amount,
    with_devices,
)
from transactions.fraud.sharing import attribute_codes, shared
from transactions.fraud.windows import CustomerHistory, Labelled, customer_history

WEEK_US = 7 * DAY_US
# With fewer known frauds the model in place stays.
LEAST_FRAUDS = 20


@dataclass(frozen=True, slots=True)
class LabelledSales:
    """Sales in time order and what they turned out to be: 1 fraud, 0 genuine, −1 never known."""

    sales: SalesFrame
    label: Ints


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive lines, first to end, scored by one model."""

    first: int
    end: int
    scores: Scores
    labelled_lines: int
    kind: Kind | None


class Replay:
    """Scores of a history, stretch by stretch.

    label_delay_us: from a sale until its label is known. refit_us: from one refit to the next,
    None for never (priors all the way). challenge: grow a boosted model beside the additive one
    and let the better score.
    """

    def __init__(
        self,
        history: LabelledSales,
        *,
        label_delay_us: int,
        refit_us: int | None = WEEK_US,
        challenge: bool = True,
    ) -> None:
        self._sales, self._label = history.sales, history.label
        self._delay_us, self._refit_us = label_delay_us, refit_us
        self._challenge = challenge
        n = len(self._sales)
        known_us = self._sales.timestamp_us + label_delay_us
        self._history = customer_history(
            self._sales,
            _no_past(),
            Labelled(lines=_spans(known_us, self._label == 0), past=Spans.none(0)),
        )
        codes, known = attribute_codes(self._sales)
        self._device = codes["device"]
        self._shared = shared(self._sales, codes, known["email"])
        self._values = np.empty((n, len(SIGNALS)))
        self._unexplained = np.empty(n)
        self._rival_log_odds = np.full((n, 2), np.nan)
        self._additive: AdditiveModel = PRIOR
        self._boosted: BoostedModel | None = None
        self._kind: Kind | None = None

    def stretches(self) -> Iterator[Stretch]:
        """Score all lines in time order, each from earlier lines and labels known by then."""
        at_us = self._sales.timestamp_us
        if not len(at_us):
            return
        begin = int(at_us[0]) - int(at_us[0]) % DAY_US
        step = self._refit_us or int(at_us[-1]) - begin + 1
        while begin <= at_us[-1]:
            first, end = np.searchsorted(at_us, [begin, begin + step]).tolist()
            labelled = self._labelled_by(begin)
            if self._refit_us and end > first:
                self._refit(labelled, begin)
            if end > first:
                yield Stretch(first, end, self._score(first, end), len(labelled), self._kind)
            begin += step

    def _labelled_by(self, at_us: int) -> Ints:
        """Return the lines whose label is known by a moment, in time order."""
        passed = int(np.searchsorted(self._sales.timestamp_us, at_us - self._delay_us, "right"))
        return np.flatnonzero(self._label[:passed] >= 0)

    def _refit(self, labelled: Ints, at_us: int) -> None:
        is_fraud = self._label[labelled] == 1
        if is_fraud.sum() < LEAST_FRAUDS:
            return
        values = self._values[labelled]
        day = moment_of(at_us).date().isoformat()
        if self._kind is None:
            self._kind = Kind.ADDITIVE
        elif self._challenge:
            self._kind = champion_of(self._labelled_weeks(at_us), incumbent=self._kind)
        self._additive = fit_additive(
            values, is_fraud, columns=SIGNALS, prior=PRIOR, version=f"additive.{day}"
        )
        if self._challenge:
            self._boosted = fit_boosted(
                values,
                is_fraud,
                columns=SIGNALS,
                additive=self._additive,
                version=f"boosted.{day}",
            )

    def _labelled_weeks(self, at_us: int) -> list[LabelledWeek]:
        """Return how both models did in the weeks before, as far as labels are known."""
        weeks = []
        newest = at_us - self._delay_us
        for back in range(8, 0, -1):
            span = [newest - back * WEEK_US, newest - (back - 1) * WEEK_US]
            first, end = np.searchsorted(self._sales.timestamp_us, span).tolist()
            log_odds, label = self._rival_log_odds[first:end], self._label[first:end]
            told = (label >= 0) & ~np.isnan(log_odds).any(axis=1)
            is_fraud = label[told] == 1
            additive, boosted = (average_precision(is_fraud, column) for column in log_odds[told].T)
            weeks.append(LabelledWeek(int(is_fraud.sum()), additive, boosted))
        return weeks

    def _score(self, first: int, end: int) -> Scores:
        own = slice(first, end)
        lines = _part(self._sales, own)
        history = _part(self._history, own)
        found = line_values(
            lines,
            history=history,
            baselines=_unknown(len(lines)),
            shared=self._shared.part(own),
        )
        # The additive model beside judges, whichever scores.
        self._unexplained[own] = unexplained_by_amount(found.values, self._additive)
        runs = device_runs(self._device[own], lines.timestamp_us, self._facts(end))
        found = with_devices(found, runs)
        self._values[own] = found.values
        model: Model = self._additive
        if self._boosted is not None:
            self._rival_log_odds[own, 0] = self._additive.contributions(found.values).sum(axis=1)
            self._rival_log_odds[own, 1] = self._boosted.log_odds(found.values)
            if self._kind == Kind.BOOSTED:
                model = self._boosted
        return score_values(found, model=model)

    def _facts(self, end: int) -> DeviceFacts:
        label = self._label[:end]
        tells = (label == 0) | ((label == 1) & (self._unexplained[:end] >= LEAST_UNEXPLAINED))
        told = np.flatnonzero(tells & (self._device[:end] != UNKNOWN_DEVICE))
        sale_us = self._sales.timestamp_us[told]
        return DeviceFacts(
            device=self._device[told],
            sale_us=sale_us,
            known_us=sale_us + self._delay_us,
            until_us=np.full(len(told), FOREVER_US),
            is_fraud=self._label[told] == 1,
            unexplained=self._unexplained[told],
        )


def _spans(known_us: Ints, holds: Flags) -> Spans:
    begin = np.where(holds, known_us, FOREVER_US)[:, None]
    return Spans(begin, np.full_like(begin, FOREVER_US))


def _no_past() -> PastLines:
    none = np.zeros(0, np.int64)
    return PastLines(
        timestamp_us=none,
        order_ref=text_column([]),
        customer_id=none,
        product_id=none,
        amount_cents=none,
        ship_country=text_column([]),
    )


def _unknown(n: int) -> LineBaselines:
    """Return the baselines of lines around which nothing is known."""
    unknown = np.full(n, np.nan)
    return LineBaselines(
        category_median=unknown,
        category_mad=unknown,
        amount_q95=unknown,
        amount_q999=unknown,
        quantity_q99=unknown,
        market_rate_a_day=unknown,
        risk=no_risk(n),
    )


_Columns = TypeVar("_Columns", SalesFrame, CustomerHistory)


def _part(whole: _Columns, own: slice) -> _Columns:
    """Return some of the lines."""
    parts: dict[str, Any] = {}
    for column in fields(whole):
        values = getattr(whole, column.name)
        if isinstance(values, Habits):
            parts[column.name] = values.part(own)
        elif values is not None:
            parts[column.name] = values[own]
    return replace(whole, **parts)
