"""Why a score is what it is: each signal's part on the log-odds axis, one after the other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from techmart.lib.charts.marks import number
from techmart.lib.charts.scales import Scale

# Scores named along the axis, 0 to 1.
_AXIS_SCORES = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
# Room on both sides, so that no bar ends at the edge, in log-odds.
_MARGIN = 0.4
# A part this small would be drawn thinner than a pixel, in percent of the width.
_LEAST_WIDTH = 0.6


def logistic(log_odds: float) -> float:
    """Return the score (0 to 1) of log-odds; far values do not overflow."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1 + odds)


def logit(score: float) -> float:
    """Return the log-odds of a score, 0 < score < 1."""
    return math.log(score / (1 - score))


@dataclass(frozen=True, slots=True)
class ContributionPart:
    """One signal. name: what was looked at. fact: what was found, in words.

    log_odds: weight times signal; above 0 it speaks for fraud, below 0 against.
    """

    name: str
    fact: str
    log_odds: float


@dataclass(frozen=True, slots=True)
class ContributionRow:
    """A drawn part. score_without: the score (0 to 1) had this signal been silent."""

    name: str
    fact: str
    log_odds: float
    score_without: float
    svg: SafeString


@dataclass(frozen=True, slots=True)
class AxisMark:
    """A score named along the axis. at: percent of its width."""

    text: str
    at: str


@dataclass(frozen=True, slots=True)
class Contributions:
    """The whole sum, top to bottom: base, parts, score."""

    score: float
    base_score: float
    base_log_odds: float
    base_svg: SafeString
    rows: tuple[ContributionRow, ...]
    total_log_odds: float
    total_svg: SafeString
    axis: tuple[AxisMark, ...]
    threshold: float | None


def contributions(
    *,
    base_log_odds: float,
    parts: Sequence[ContributionPart],
    threshold: float | None = None,
) -> Contributions:
    """Lay parts end to end from the base: score = logistic(base + sum of parts).

    Parts that are exactly 0 are left out; the rest are shown largest first, those that speak
    against fraud last. threshold: score (0 to 1, exclusive) from which a sale is reviewed.
    Source of the form: domain notes on scoring, additive log-odds.
    """
    shown = sorted(
        (part for part in parts if part.log_odds != 0),
        key=lambda part: (part.log_odds < 0, -abs(part.log_odds)),
    )
    total = base_log_odds + sum(part.log_odds for part in shown)
    ends = [base_log_odds]
    for part in shown:
        ends.append(ends[-1] + part.log_odds)
    marked = [] if threshold is None else [logit(threshold)]
    scale = Scale(min(ends + marked) - _MARGIN, max(ends + marked) + _MARGIN, 0, 100)
    limit = None if threshold is None else scale(logit(threshold))
    rows = tuple(
        ContributionRow(
            part.name,
            part.fact,
            part.log_odds,
            logistic(total - part.log_odds),
            _bar(scale(start), scale(start + part.log_odds), limit=limit),
        )
        for start, part in zip(ends, shown, strict=False)
    )
    return Contributions(
        score=logistic(total),
        base_score=logistic(base_log_odds),
        base_log_odds=base_log_odds,
        base_svg=_point(scale(base_log_odds), limit=limit),
        rows=rows,
        total_log_odds=total,
        total_svg=_point(scale(total), limit=limit),
        axis=tuple(
            AxisMark(f"{score * 100:g}", f"{number(scale(logit(score)))}%")
            for score in _AXIS_SCORES
            if scale.low < logit(score) < scale.high
        ),
        threshold=threshold,
    )


def _bar(start: float, end: float, *, limit: float | None) -> SafeString:
    low, high = min(start, end), max(start, end)
    return format_html(
        '<svg aria-hidden="true" focusable="false">{}<rect class="{}" x="{}%" width="{}%"'
        ' height="100%" rx="2"/></svg>',
        _track(limit),
        "f-bad" if end > start else "f-c1",
        number(low),
        number(max(high - low, _LEAST_WIDTH)),
    )


def _point(at: float, *, limit: float | None) -> SafeString:
    return format_html(
        '<svg aria-hidden="true" focusable="false">{}<circle class="dot-now" cx="{}%" cy="50%"'
        ' r="5"/></svg>',
        _track(limit),
        number(at),
    )


def _track(limit: float | None) -> SafeString:
    mark = (
        format_html('<rect class="limit" x="{}%" width="1.5" height="100%"/>', number(limit))
        if limit is not None
        else ""
    )
    return format_html('<rect class="track" y="6" width="100%" height="2"/>{}', mark)
