"""Alerts about products, put off together."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from alerts.choices import LIVE_STATES, AlertState, SnoozeUntil
from alerts.models import Alert
from alerts.services import snooze
from inventory.models import Product
from inventory.services.stock_alerts import SUBJECT
from techmart.core.models import User


@transaction.atomic
def snooze_stock_alerts(
    *, skus: Collection[str], until: datetime, actor: User, now: datetime
) -> int:
    """Quiet the live alerts about these products until a moment; returns how many.

    Those that rest already are left. Raises BadMoment.
    """
    keys = (
        Alert.objects.filter(
            subject_kind=SUBJECT,
            subject_id__in=Product.objects.filter(sku__in=skus).values("pk"),
            state__in=LIVE_STATES,
        )
        .exclude(state=AlertState.SNOOZED)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    alerts = list(keys)
    for key in alerts:
        snooze(alert_id=key, actor=actor, rule=SnoozeUntil.TIME, until=until, now=now)
    return len(alerts)
