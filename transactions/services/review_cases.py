"""Who looks at a held order, whose it is, and until when it rests.

A case is an order with held lines that nobody has decided on; its key is the order's reference.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from alerts.choices import LIVE_STATES, SnoozeUntil, Topic
from alerts.models import Alert
from alerts.services import assign as assign_alert
from alerts.services import publish
from alerts.services import snooze as snooze_alert
from alerts.services import unsnooze as unsnooze_alert
from techmart.core.audit import record_audit
from techmart.core.models import User
from techmart.lib import formats
from techmart.lib.cache import Tag, bump_on_commit
from transactions.choices import SALE, TransactionStatus
from transactions.models import ReviewCase, ReviewClaim, ReviewDecision, Transaction
from transactions.services.fraud_alerts import fraud_alert_key
from transactions.services.refusals import BadSnooze, CaseClaimed, CaseClosed, UnknownCase

# Long enough to ask a customer back, short enough that a forgotten case is soon free (judgement).
CLAIM_LASTS = timedelta(minutes=10)
LONGEST_SNOOZE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds a case, since when, and when it is free again. fresh: it was not held before."""

    actor_id: int
    claimed_at: datetime
    expires_at: datetime
    fresh: bool


# A claim that has not expired is only prolonged by who holds it; then nothing is returned.
_CLAIM = """
INSERT INTO review_claims AS held (order_ref, actor_id, claimed_at, expires_at)
VALUES (%(order_ref)s, %(actor)s, %(now)s, %(until)s)
ON CONFLICT (order_ref) DO UPDATE SET
    actor_id = excluded.actor_id,
    claimed_at = CASE
        WHEN held.actor_id = excluded.actor_id AND held.expires_at > %(now)s
        THEN held.claimed_at ELSE excluded.claimed_at END,
    expires_at = excluded.expires_at
WHERE held.actor_id = excluded.actor_id OR held.expires_at <= %(now)s
RETURNING claimed_at
"""


@transaction.atomic
def claim(*, order_ref: str, actor: User, now: datetime) -> Claim:
    """Take a case on for ten minutes, or prolong one's own claim.

    Raises UnknownCase, CaseClosed, and CaseClaimed while somebody else holds it.
    """
    require_open(order_ref)
    until = now + CLAIM_LASTS
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM, {"order_ref": order_ref, "actor": actor.pk, "now": now, "until": until}
        )
        row = cursor.fetchone()
    if row is None:
        holder = ReviewClaim.objects.select_related("actor").get(order_ref=order_ref)
        raise CaseClaimed(order_ref, str(holder.actor), holder.claimed_at, holder.expires_at)
    fresh = row[0] == now
    if fresh:
        tell("claimed", cases=1, now=now)
    return Claim(actor.pk, row[0], until, fresh)


@transaction.atomic
def release(*, order_ref: str, actor: User, now: datetime) -> bool:
    """Let a case go that one holds; return whether one did."""
    gone, _ = ReviewClaim.objects.filter(order_ref=order_ref, actor=actor).delete()
    if gone:
        tell("claimed", cases=1, now=now)
    return gone > 0


@transaction.atomic
def assign(
    *, order_refs: Collection[str], assignee: User | None, actor: User, now: datetime
) -> int:
    """Give cases, with their alerts, to a person or to nobody; return how many.

    Raises UnknownCase, CaseClosed.
    """
    return _arrange(
        order_refs, {"assigned_to": assignee}, action="review.assign", actor=actor, now=now
    )


@transaction.atomic
def snooze(*, order_refs: Collection[str], until: datetime, actor: User, now: datetime) -> int:
    """Take cases out of the queue until a moment within 30 days, and quiet their alerts.

    Raises UnknownCase, CaseClosed, BadSnooze.
    """
    if not now < until <= now + LONGEST_SNOOZE:
        raise BadSnooze("Choose a time within the next 30 days.")
    return _arrange(
        order_refs, {"snoozed_until": until}, action="review.snooze", actor=actor, now=now
    )


@transaction.atomic
def wake(*, order_refs: Collection[str], actor: User, now: datetime) -> int:
    """Bring snoozed cases back into the queue. Raises UnknownCase, CaseClosed."""
    return _arrange(order_refs, {"snoozed_until": None}, action="review.wake", actor=actor, now=now)


def require_open(order_ref: str) -> list[Transaction]:
    """Return the undecided held lines of an order, first recorded first.

    Raises UnknownCase, or CaseClosed saying who decided and when.
    """
    lines = list(Transaction.objects.undecided().filter(order_ref=order_ref).order_by("pk"))
    if not lines:
        raise why_closed(order_ref)
    return lines


def why_closed(order_ref: str) -> UnknownCase | CaseClosed:
    """Return why an order has nothing to decide."""
    decided = (
        ReviewDecision.objects.filter(transaction__order_ref=order_ref, withdrawn_at=None)
        .select_related("actor")
        .order_by("-pk")
        .first()
    )
    if decided is not None:
        verdict = "approved" if decided.verdict == "approve" else "declined"
        at = formats.moment(decided.decided_at, timezone.get_default_timezone())
        return CaseClosed(order_ref, f"{decided.actor} {verdict} it on {at}.")
    status = (
        Transaction.objects.filter(order_ref=order_ref)
        .order_by("pk")
        .values_list("status", flat=True)
        .first()
    )
    if status is None:
        return UnknownCase(order_ref)
    label = TransactionStatus(status).label.lower()
    return CaseClosed(order_ref, f"it is {label} and waits for no decision.")


def tell(kind: str, *, cases: int, now: datetime) -> None:
    """Make counters and cached figures of reviews anew, and have open pages look again."""
    bump_on_commit(Tag.SALES, Tag.REVIEWS)
    publish(topic=Topic.TRANSACTIONS, kind=kind, payload={"cases": cases}, now=now)


def _arrange(
    order_refs: Collection[str],
    change: dict[str, User | datetime | None],
    *,
    action: str,
    actor: User,
    now: datetime,
) -> int:
    orders = sorted(set(order_refs))
    lines = Transaction.objects.undecided().filter(order_ref__in=orders)
    first_lines = dict(lines.values_list("order_ref").annotate(Min("pk")).order_by())
    for order in orders:
        if order not in first_lines:
            raise why_closed(order)
    before = ReviewCase.objects.select_related("assigned_to").in_bulk(
        orders, field_name="order_ref"
    )
    [(name, value)] = change.items()
    ReviewCase.objects.bulk_create(
        [ReviewCase(order_ref=order, changed_at=now, **change) for order in orders],
        update_conflicts=True,
        unique_fields=["order_ref"],
        update_fields=[name, "changed_at"],
    )
    for order in orders:
        was = getattr(before.get(order), name, None)
        record_audit(
            action=action,
            subject_kind=SALE,
            subject_id=first_lines[order],
            now=now,
            actor=actor,
            before={name: _plain(was)},
            after={name: _plain(value)},
        )
    _follow_with_alerts(orders, name, value, actor=actor, now=now)
    tell("arranged", cases=len(orders), now=now)
    return len(orders)


def _plain(value: User | datetime | None) -> datetime | str | None:
    return str(value) if isinstance(value, User) else value


def _follow_with_alerts(
    orders: Iterable[str],
    name: str,
    value: User | datetime | None,
    *,
    actor: User,
    now: datetime,
) -> None:
    """Do the same to the cases' open alerts, so that nobody else is called to them."""
    alerts = Alert.objects.filter(
        dedupe_key__in=[fraud_alert_key(order) for order in orders], state__in=LIVE_STATES
    ).order_by("pk")
    for alert in alerts:
        match value:
            case datetime():
                rule = SnoozeUntil.TIME
                snooze_alert(alert_id=alert.pk, actor=actor, rule=rule, until=value, now=now)
            case None if name == "snoozed_until":
                if alert.snoozed_until is not None:
                    unsnooze_alert(alert_id=alert.pk, actor=actor, now=now)
            case _:
                assign_alert(alert_id=alert.pk, actor=actor, assignee=value, now=now)
