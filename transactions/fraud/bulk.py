"""Scores of many lines at once: for imports, the demo's history and backtests.

The same array functions as for one sale. The lines are each other's history; what was recorded
before is read once. See `score_frame`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings

from transactions.fraud.calendar import shop_day, shop_days, shop_hours
from transactions.fraud.champion import current_model
from transactions.fraud.devices import device_runs, joined_facts
from transactions.fraud.frame import (
    ANONYMOUS,
    NEVER_US,
    Ints,
    SalesFrame,
    codes_of,
    text_column,
)
from transactions.fraud.history import (
    Codes,
    DayRange,
    FraudOrders,
    first_sale_at,
    load_accounts,
    load_category_of,
    load_facts,
    load_fraud_lines,
    load_fraud_orders,
    load_past,
)
from transactions.fraud.label_history import (
    labelled_lines,
    load_device_facts,
    load_told,
    own_device_facts,
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
from transactions.fraud.scoring import (
    Scores,
    line_values,
    score_values,
    unexplained_by_amount,
    with_devices,
)
from transactions.fraud.sharing import attribute_codes, load_uses, shared
from transactions.fraud.shop_days import (
    Counted,
    FraudLines,
    RefundLines,
    ShopDays,
    ShopFacts,
    Visits,
    joined,
)
from transactions.fraud.watch import limits_of, load_spells, watched_lines
from transactions.fraud.windows import customer_history

__all__ = ["SalesFrame", "Scores", "score_frame"]

# What is usual around a line, in the order in which it is asked for.
_MEASURES = (
    "category_median",
    "category_mad",
    "amount_q80",
    "amount_q90",
    "amount_q95",
    "amount_q999",
    "quantity_q99",
    "market_rate_a_day",
    "hour_share",
    "refund_base",
)
# Later than any row: what is recorded by now counts.
_ALL_RECORDED = datetime.max.replace(tzinfo=ZoneInfo("UTC"))


def score_frame(
    lines: SalesFrame,
    *,
    as_of: datetime = _ALL_RECORDED,
    model: Model | None = None,
    recorded: bool = False,
) -> Scores:
    """Score lines in time order, before they are written; reads the database, writes nothing.

    Each line sees the lines with an earlier timestamp, of the frame and recorded by `as_of`, and
    labels known before it (in the shop's fraud rates, before its shop day). Products must exist.
    model: the champion when None. recorded: the lines are recorded already, and the frame holds
    all that happened from its first to its last. The more lines a call, the less the reading
    weighs: tens of thousands at least.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    days = shop_days(lines.timestamp_us, zone)
    model = model or current_model()
    coded = _Coded.of(lines, days)
    lines = coded.lines
    spells = load_spells()
    past = load_past(lines, as_of=as_of, recorded=recorded)
    told = load_told(lines, past)
    codes, known = attribute_codes(lines)
    device = codes["device"]
    uses = load_uses(lines, known, recorded=recorded, as_of=as_of)
    found = line_values(
        lines,
        history=customer_history(
            lines,
            past,
            labelled_lines(lines, past, told),
            limits=limits_of(spells),
            zone=zone,
        ),
        baselines=_baselines(coded, zone, recorded=recorded),
        shared=shared(lines, codes, known["email"], uses),
        watched=watched_lines(lines, spells),
        accounts_us=load_accounts(lines),
    )
    facts = load_device_facts(lines, known["device"])
    if not recorded:
        unexplained = unexplained_by_amount(found.values, model)
        facts = joined_facts(facts, own_device_facts(lines, device, unexplained, told))
    runs = device_runs(device, lines.timestamp_us, facts)
    return score_values(with_devices(found, runs), model=model)


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
        names = load_category_of()
        category_of = {
            product: known.setdefault(category, len(known)) for product, category in names.items()
        }
        category = text_column(names[product] for product in lines.product_id.tolist())
        lines = replace(lines, category=category)
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


def _baselines(coded: _Coded, zone: ZoneInfo, *, recorded: bool) -> LineBaselines:
    n = len(coded.lines)
    found = {name: np.full(n, np.nan) for name in _MEASURES}
    risks: list[LineRisk] = []
    if not n:
        return LineBaselines(**found, risk=no_risk(0))
    days = DayRange(int(coded.days[0]), int(coded.days[-1]), zone)
    shop = _shop(coded, days, recorded=recorded)
    category = coded.category
    hour = shop_hours(coded.lines.timestamp_us, zone)
    begins = np.flatnonzero(np.diff(coded.days, prepend=coded.days[0] - 1))
    for begin, end in zip(begins, [*begins[1:], n], strict=True):
        day = slice(int(begin), int(end))
        shop.move_to(int(coded.days[begin]))
        products = coded.lines.product_id[day]
        measured = (
            *shop.usual_amount(category[day]),
            *shop.upper_amount(category[day]),
            *shop.large_amount(category[day]),
            shop.quantity_q99(products, category[day]),
            shop.market_rates()[0][coded.market[day]],
            shop.hours()[0][hour[day]],
            shop.refund_base(category[day])[0],
        )
        for name, values in zip(_MEASURES, measured, strict=True):
            found[name][day] = values
        risks.append(_risk(shop, coded, day))
    return LineBaselines(**found, risk=stacked_risks(risks))


def _shop(coded: _Coded, days: DayRange, *, recorded: bool) -> ShopDays:
    """What was recorded before and the frame's own lines, day by day."""
    codes = coded.codes
    orders = load_fraud_orders(days)
    frauds = load_fraud_lines(days, orders, codes)
    if not recorded:
        frauds = joined(frauds, _own_frauds(coded, orders))
    facts = load_facts(days, codes=codes, category_of=coded.category_of, frauds=frauds)
    if not recorded:
        facts = _with_own(facts, coded, frauds, zone=days.zone)
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


def _own_frauds(coded: _Coded, orders: FraudOrders) -> FraudLines:
    lines = coded.lines
    return orders.lines(
        zip(
            coded.days.tolist(),
            lines.product_id.tolist(),
            coded.country.tolist(),
            coded.channel.tolist(),
            lines.order_ref.tolist(),
            strict=True,
        )
    )


def _with_own(
    recorded: ShopFacts, coded: _Coded, frauds: FraudLines, *, zone: ZoneInfo
) -> ShopFacts:
    """Add the frame's own lines to what was recorded."""
    lines = coded.lines
    ones, zeros = np.ones(len(lines), np.int64), np.zeros(len(lines), np.int64)
    named, placed = lines.customer_id != ANONYMOUS, coded.country >= 0
    return ShopFacts(
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
        hour=joined(
            recorded.hour, Counted(coded.days, shop_hours(lines.timestamp_us, zone), zeros, ones)
        ),
        frauds=frauds,
        refunds=joined(recorded.refunds, _own_refunds(coded, zone)),
        category_of=coded.category_of,
    )


def _own_refunds(coded: _Coded, zone: ZoneInfo) -> RefundLines:
    at = coded.lines.refunded_us
    given = np.zeros(0, np.int64) if at is None else np.flatnonzero(at != NEVER_US)
    back = np.zeros(0, np.int64) if at is None else shop_days(at[given], zone)
    return RefundLines(coded.days[given], coded.category[given], back)


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
