"""One sale as its page shows it: why its score, what happened to it, what can be done."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from django.utils import timezone

from techmart.core.models import User
from techmart.lib.charts import ContributionPart, Contributions, contributions
from techmart.lib.page_parts import AsOf
from transactions.choices import AdjustmentKind, Decision, TransactionStatus
from transactions.forms import ActForm, DecisionForm, ReasonForm, ReferenceForm, RefundForm
from transactions.fraud.stored import review_threshold
from transactions.list_filters import ListFilters, parse_filters
from transactions.models import Transaction, TransactionEvent
from transactions.paths import LIST_PATH, REVIEW_PATH, transaction_path
from transactions.reviews.case import case_context, case_url
from transactions.reviews.filters import ReviewFilters
from transactions.reviews.history import Step
from transactions.rule_pages.met import rules_met
from transactions.sale_facts import sale_facts

FRESH_SECONDS = 60
# Other lines of an order that the page shows.
MOST_RELATED = 50
_NOTHING = Decimal(0)

# Which acts fit a sale, in the order of their buttons.
_SAYS = ("denied", "confirmed")
_ACTS = {
    TransactionStatus.IN_REVIEW: ("cancel", *_SAYS),
    TransactionStatus.PENDING: ("cancel",),
    TransactionStatus.COMPLETED: ("refund", "dispute", *_SAYS),
    TransactionStatus.PARTIALLY_REFUNDED: ("refund", "dispute", *_SAYS),
    TransactionStatus.DISPUTED: ("dispute-won", "charge-back", *_SAYS),
    TransactionStatus.CHARGEBACK: ("charge-back-reversed",),
}
# Acts of the decision on a held order, each a POST of its own.
_REVIEW_ACTS = (
    *("approve", "decline", "decline-burst", "claim", "release"),
    *("assign", "snooze", "wake"),
)


@dataclass(frozen=True, slots=True)
class AdjustmentRow:
    """Money that went back (below 0) or came again."""

    at: datetime
    kind_label: str
    amount: Decimal
    units_restocked: int


@dataclass(frozen=True, slots=True)
class RelatedRow:
    """Another line of the same order."""

    reference: str
    url: str
    product_name: str
    quantity: int
    amount: Decimal
    status: str


@dataclass(frozen=True, slots=True)
class ActError:
    """Why an act was refused; nothing was changed. tone: as of a note."""

    act: str
    detail: str
    tone: str = "bad"


@dataclass(frozen=True, slots=True)
class Way:
    """How a sale's page was reached. queue: query string of the list of sales. review: filters
    of the review queue; None when it was not opened from there."""

    queue: str = ""
    review: ReviewFilters | None = None

    @property
    def back_url(self) -> str:
        """Return the list or the queue that it was reached from."""
        if self.review is not None:
            return self.review.url(REVIEW_PATH)
        return _list_behind(self.queue).url(LIST_PATH)

    def url(self, transaction_id: int, act: str = "") -> str:
        """Return the address of a sale's page, or of an act on it, that leads back the same way."""
        kept = _list_behind(self.queue).query_string()
        return case_url(transaction_id, self.review, act=act, queue=kept)


def sale_context(
    txn: Transaction,
    *,
    way: Way,
    user: User,
    now: datetime,
    error: ActError | None = None,
    form: ActForm | None = None,
) -> dict[str, Any]:
    """Return everything that `transactions/_detail.html` asks for.

    form: what was sent and refused.
    """
    threshold = review_threshold()
    may_act = user.has_perm("transactions.change_transaction")
    acts = _ACTS.get(TransactionStatus(txn.status), ()) if may_act else ()
    may_decide = may_act and txn.status == TransactionStatus.IN_REVIEW
    around = case_context(
        txn,
        review=way.review,
        user=user,
        now=now,
        form=form if isinstance(form, DecisionForm) else None,
    )
    return {
        **around,
        "pk": txn.pk,
        "may_decide": may_decide,
        "page_url": way.url(txn.pk),
        "back_url": way.back_url,
        "freshness": AsOf(now, FRESH_SECONDS),
        "txn": sale_facts(txn),
        "contributions": score_contributions(txn, threshold),
        "review_threshold": threshold,
        "timeline": sorted([*_events(txn), *around["timeline"]], key=lambda step: step.at),
        "adjustments": _adjustments(txn),
        "related": _related(txn),
        "rules_met": rules_met(txn.pk),
        "acts": acts,
        "act_urls": {
            act.replace("-", "_"): way.url(txn.pk, act)
            for act in (*acts, *(_REVIEW_ACTS if may_decide else ()))
        },
        "act_error": error,
        "reason_form": form if isinstance(form, ReasonForm) else ReasonForm(),
        "refund_form": form if isinstance(form, RefundForm) else refund_form(txn),
        "reference_form": form if isinstance(form, ReferenceForm) else ReferenceForm(),
    }


def refund_form(txn: Transaction) -> RefundForm:
    """Return a form for what is left to refund, under a reference that makes it happen once."""
    return RefundForm(
        initial={
            "amount": txn.total_amount - txn.refunded_amount,
            "units_returned": 0,
            "units_restocked": 0,
            "reference": f"page-{uuid.uuid4()}",
        }
    )


def score_contributions(txn: Transaction, threshold: float) -> Contributions | None:
    """Return the parts of the stored score, None for a sale that was not scored.

    The parts are those kept with the sale, so that the picture is of its own time.
    """
    base = sum(r["contribution"] for r in txn.reasons if r["code"] == "base")
    if not txn.reasons:
        return None
    return contributions(
        base_log_odds=base,
        parts=[
            ContributionPart(r["label"], _sentence(r["fact"]), r["contribution"])
            for r in txn.reasons
            if r["code"] != "base"
        ],
        # A score of 0 or 1 lies nowhere on the axis.
        threshold=threshold if 0 < threshold < 1 else None,
    )


def _events(txn: Transaction) -> list[Step]:
    rows = txn.events.select_related("actor").order_by("pk")
    return [
        Step(
            at=event.at,
            title=_title(event, txn),
            detail=event.reason,
            who=str(event.actor) if event.actor else "System",
            strong=True,
        )
        for event in rows
    ]


def _title(event: TransactionEvent, txn: Transaction) -> str:
    to = TransactionStatus(event.to_status).label
    if event.from_status:
        return to if event.from_status != event.to_status else f"Still {to.lower()}"
    if event.to_status == TransactionStatus.IN_REVIEW:
        return "Recorded and held for review"
    if txn.decision == Decision.BLOCK and event.to_status == TransactionStatus.FAILED:
        return "Recorded and blocked"
    return f"Recorded as {to.lower()}"


def _adjustments(txn: Transaction) -> list[AdjustmentRow]:
    return [
        AdjustmentRow(
            at=adjustment.booked_at,
            kind_label=AdjustmentKind(adjustment.kind).label,
            amount=adjustment.signed_amount,
            units_restocked=adjustment.units_restocked,
        )
        for adjustment in txn.adjustments.order_by("pk")
    ]


def _related(txn: Transaction) -> list[RelatedRow]:
    """Served by idx_tx_order_ref."""
    lines = (
        Transaction.objects.filter(order_ref=txn.order_ref)
        .exclude(pk=txn.pk)
        .listed()
        .order_by("pk")[:MOST_RELATED]
    )
    return [
        RelatedRow(
            reference=line.reference,
            url=transaction_path(line.pk),
            product_name=line.product.name,
            quantity=line.quantity,
            amount=line.total_amount,
            status=line.status,
        )
        for line in lines
    ]


def _list_behind(queue: str) -> ListFilters:
    """Read the list's own parameters; nothing else can be smuggled into the link back."""
    return parse_filters(dict(parse_qsl(queue)), zone=timezone.get_default_timezone())


def _sentence(fact: str) -> str:
    return fact[:1].upper() + fact[1:]
