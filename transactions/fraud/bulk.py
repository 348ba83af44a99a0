"""Scores of many lines at once: for imports, the demo's history and backtests.

The same array functions as for one sale. The lines are each other's history; what was recorded
before is read once. See `score_frame`.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings

from transactions.fraud.calendar import shop_day, shop_days
from transactions.fraud.columns import PRIOR
from transactions.fraud.frame import (
    ANONYMOUS,
    Floats,
    Ints,
    SalesFrame,
    codes_of,
    text_column,
)
from transactions.fraud.history import (
    Codes,
    DayRange,
    first_sale_at,
    load_category_of,
    load_facts,
    load_fraud_lines,
    load_fraud_orders,
    load_past,
)
from transactions.fraud.learning.additive import Model
from transactions.fraud.risk import (
    LineBaselines,
    LineRisk,
    no_risk,
    risk_of_values,
    stacked_risks,
    worst_risk,
)
from transactions.fraud.scoring import Scores, score_lines
from transactions.fraud.shop_days import (
    Counted,
    ShopDays,
    ShopFacts,
    Visits,
    joined,
)
from transactions.fraud.windows import customer_history

__all__ = ["SalesFrame", "Scores", "score_frame"]

# Later than any row: what is recorded by now counts.
_ALL_RECORDED = datetime.max.replace(tzinfo=ZoneInfo("UTC"))


def score_frame(
    lines: SalesFrame, *, as_of: datetime = _ALL_RECORDED, model: Model = PRIOR
) -> Scores:
    """Score lines in time order, before they are written; reads the database, writes nothing.

    Each line sees the lines with an earlier timestamp, of the frame and recorded by `as_of`, and
    labels known before its shop day. Products must exist. The more lines a call, the less the
    reading weighs: tens of thousands at least.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    days = shop_days(lines.timestamp_us, zone)
    return score_lines(
        lines,
        history=customer_history(lines, load_past(lines, as_of=as_of)),
        baselines=_baselines(_Coded.of(lines, days), zone),
        model=model,
    )


@dataclass(frozen=True, slots=True)
class _Coded:
    """A frame with codes in place of texts, and its shop days."""

    lines: SalesFrame
    days: Ints
    codes: Codes
    category_of: dict[int, int]
    market: Ints
    country: Ints
    channel: Ints
    order: Ints

    @classmethod
    def of(cls, lines: SalesFrame, days: Ints) -> "_Coded":
        codes = Codes()
        known = codes.categories
        category_of = {
            product: known.setdefault(category, len(known))
            for product, category in load_category_of().items()
        }
        countries = lines.country
        return cls(
            lines=lines,
            days=days,
            codes=codes,
            category_of=category_of,
            market=codes_of(
                zip(countries.tolist(), lines.channel.tolist(), strict=True), codes.markets
            ),
            country=np.array([codes.country(c) for c in countries.tolist()], np.int64),
            channel=codes_of(lines.channel, codes.channels),
            order=codes_of(lines.order_ref, codes.orders),
        )

    @property
    def category(self) -> Ints:
        """Return each line's category code; KeyError for a product that is not there."""
        return np.array([self.category_of[p] for p in self.lines.product_id.tolist()], np.int64)


def _baselines(coded: _Coded, zone: ZoneInfo) -> LineBaselines:
    n = len(coded.lines)
    median, mad, q99, rate = (np.full(n, np.nan) for _ in range(4))
    risks: list[LineRisk] = []
    if not n:
        return _line_baselines(median, mad, q99, rate, no_risk(0))
    shop = _shop(coded, DayRange(int(coded.days[0]), int(coded.days[-1]), zone))
    category = coded.category
    begins = np.flatnonzero(np.diff(coded.days, prepend=coded.days[0] - 1))
    for begin, end in zip(begins, [*begins[1:], n], strict=True):
        day = slice(int(begin), int(end))
        shop.move_to(int(coded.days[begin]))
        median[day], mad[day] = shop.usual_amount(category[day])
        q99[day] = shop.quantity_q99(coded.lines.product_id[day], category[day])
        rate[day] = shop.market_rates()[0][coded.market[day]]
        risks.append(_risk(shop, coded, day))
    return _line_baselines(median, mad, q99, rate, stacked_risks(risks))


def _line_baselines(
    median: Floats, mad: Floats, q99: Floats, rate: Floats, risk: LineRisk
) -> LineBaselines:
    return LineBaselines(
        category_median=median,
        category_mad=mad,
        quantity_q99=q99,
        market_rate_a_day=rate,
        risk=risk,
    )


def _shop(coded: _Coded, days: DayRange) -> ShopDays:
    """What was recorded before and the frame's own lines, day by day."""
    lines, codes = coded.lines, coded.codes
    orders = load_fraud_orders(days)
    own_frauds = orders.lines(
        zip(
            coded.days.tolist(),
            lines.product_id.tolist(),
            coded.country.tolist(),
            coded.channel.tolist(),
            lines.order_ref.tolist(),
            strict=True,
        )
    )
    frauds = joined(load_fraud_lines(days, orders, codes), own_frauds)
    recorded = load_facts(days, codes=codes, category_of=coded.category_of, frauds=frauds)
    ones, zeros = np.ones(len(lines), np.int64), np.zeros(len(lines), np.int64)
    named, placed = lines.customer_id != ANONYMOUS, coded.country >= 0
    facts = ShopFacts(
        quantity=joined(
            recorded.quantity, Counted(coded.days, lines.product_id, lines.quantity, ones)
        ),
        amount=joined(
            recorded.amount, Counted(coded.days, coded.category, lines.amount_cents, ones)
        ),
        visits=joined(
            recorded.visits,
            Visits(
                coded.days[named],
                coded.market[named],
                lines.customer_id[named],
                coded.order[named],
            ),
        ),
        product=joined(recorded.product, Counted(coded.days, lines.product_id, zeros, ones)),
        channel=joined(recorded.channel, Counted(coded.days, coded.channel, zeros, ones)),
        country=joined(
            recorded.country,
            Counted(coded.days[placed], coded.country[placed], zeros[placed], ones[placed]),
        ),
        frauds=frauds,
        category_of=coded.category_of,
    )
    recorded_first = first_sale_at()
    opened = min(
        int(coded.days[0]),
        shop_day(recorded_first, days.zone) if recorded_first else int(coded.days[0]),
    )
    return ShopDays(
        facts,
        first_day=days.first_day,
        last_day=days.last_day,
        opened_day=opened,
        markets=len(codes.markets),
    )


def _risk(shop: ShopDays, coded: _Coded, day: slice) -> LineRisk:
    risks = shop.risks()
    named = (
        (risks.product, coded.lines.product_id[day], "This product"),
        (risks.country, coded.country[day], "This country"),
        (risks.channel, coded.channel[day], "This channel"),
    )
    return worst_risk(
        [
            risk_of_values(risk, values, text_column([name] * len(values)))
            for risk, values, name in named
        ]
    )
