"""Products that are likely to run out before the goods that are on their way come."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db.models import F
from django.utils import timezone

from alerts.choices import AlertKind, Severity
from alerts.services import AlertSpec
from inventory.arrays import FloatArray, IntArray
from inventory.choices import INBOUND_ORDER_STATES
from inventory.models import Product, PurchaseOrderLine
from inventory.paths import product_path
from inventory.planner.planning import Company, load_company
from inventory.querysets import LOW_STOCK
from inventory.reorder.interval_demand import interval_figures
from inventory.reorder.lead_times import Interval
from inventory.reorder.policy import service_of
from inventory.reorder.supplier_terms import PRIOR_DELAY_SHARE
from inventory.services.stock_alerts import SUBJECT, soon_key
from inventory.services.worst_first import EASED, STAYS, Finding, announce_worst
from techmart.lib import formats


@dataclass(frozen=True, slots=True)
class Runouts:
    """Products that wait for goods, (products,) each.

    days: until the next of them is expected. p_stockout: chance that demand until then is more
    than the stock. allowed: 1 − α, what the product's service lets pass. lost_margin: money
    expected to be lost until then.
    """

    product_ids: IntArray
    days: FloatArray
    p_stockout: FloatArray
    allowed: FloatArray
    lost_margin: FloatArray


def review_runouts(*, now: datetime) -> int:
    """Announce the products that will lose most margin before goods come; return those raised.

    Only what is not low, since that is said already: with nothing on its way, stock above the
    reorder point lasts longer than a lead time by what the point is. What is out is out.
    """
    waiting = Product.objects.filter(
        active=True, stock_quantity__gt=0, on_order_quantity__gt=0
    ).exclude(LOW_STOCK)
    runouts = _runouts(load_company(waiting, now=now), now=now)
    worst = np.lexsort((runouts.product_ids, -runouts.lost_margin))
    lasting = runouts.p_stockout > EASED * runouts.allowed
    worst = worst[lasting[worst]][:STAYS]
    products = Product.objects.in_bulk(runouts.product_ids[worst].tolist())
    today = timezone.localdate(now)
    findings = [
        Finding(
            _spec(products[int(runouts.product_ids[row])], runouts, row, today=today),
            fires=bool(runouts.p_stockout[row] > runouts.allowed[row]),
        )
        for row in worst.tolist()
    ]
    return announce_worst([AlertKind.STOCK_SOON], findings, now=now)


def _runouts(company: Company, *, now: datetime) -> Runouts:
    inputs = company.inputs
    service = service_of(inputs).service
    until = _until_next_delivery(company, now=now)
    figures = interval_figures(
        daily_mean=inputs.daily_mean,
        daily_sd=inputs.daily_sd,
        demand_class=inputs.demand_class,
        window=inputs.window,
        interval=until,
        service=service,
        stock=inputs.stock,
    )
    return Runouts(
        product_ids=company.products.product_ids,
        days=until.days,
        p_stockout=figures.p_stockout,
        allowed=1 - service,
        lost_margin=figures.short_before_receipt * inputs.margin,
    )


def _until_next_delivery(company: Company, *, now: datetime) -> Interval:
    """Return days from today to the next delivery, with the spread that the supplier has.

    A delivery is expected on its promised day. One that is late has an exponential delay, as
    `supplier_terms.lateness` has it: what is left of it does not depend on how late it is. Where
    nothing was promised it is a whole lead time.
    """
    learned, keys = company.products.interval, company.products.product_ids
    today = timezone.localdate(now)
    lines = PurchaseOrderLine.objects.filter(
        product__in=keys.tolist(),
        order__state__in=INBOUND_ORDER_STATES,
        received_quantity__lt=F("quantity"),
    ).values_list("product", "order__promised_date")
    rows = np.searchsorted(keys, np.array([line[0] for line in lines], dtype=np.int64))
    left = np.array(
        [np.nan if day is None else (day - today).days for _, day in lines], dtype=np.float64
    )
    lead, lead_sd = learned.lead_time_days, learned.lead_time_sd_days
    late, delay = left < 0, PRIOR_DELAY_SHARE * lead[rows]
    expected = np.select([np.isnan(left), late], [lead[rows], delay], default=left)
    spread = np.where(late, delay, lead_sd[rows])
    # Written from the latest to the soonest, so that the soonest of each product stays.
    order = np.argsort(-expected, kind="stable")
    days, sd = lead.copy(), lead_sd.copy()
    days[rows[order]], sd[rows[order]] = expected[order], spread[order]
    return Interval(days, sd, np.zeros(len(keys)))


def _spec(product: Product, runouts: Runouts, row: int, *, today: date) -> AlertSpec:
    expected = today + timedelta(days=round(float(runouts.days[row])))
    chance = float(runouts.p_stockout[row])
    return AlertSpec(
        kind=AlertKind.STOCK_SOON,
        severity=Severity.MEDIUM,
        dedupe_key=soon_key(product.pk),
        subject_kind=SUBJECT,
        subject_id=product.pk,
        title=f"{product.name} runs out before delivery",
        message=(
            f"{product.sku}: {product.stock_quantity} in stock, {product.on_order_quantity} on "
            f"order, expected about {formats.day(expected)}; {formats.rate(chance, places=0)} "
            "chance to run out before."
        ),
        path=product_path(product.sku),
        facts={
            "sku": product.sku,
            "stock": product.stock_quantity,
            "on_order": product.on_order_quantity,
            "expected_on": expected.isoformat(),
            "chance_to_run_out": round(chance, 4),
            "lost_margin": round(float(runouts.lost_margin[row]), 2),
        },
    )
