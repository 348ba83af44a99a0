"""Alerts of a kind brought in line with what a periodic look has found."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from alerts.choices import LIVE_STATES, SEVERITY_RANK, AlertKind
from alerts.models import Alert
from alerts.notifying.routing import HIDES
from alerts.services.conditions import clear_alerts, raise_alerts
from alerts.services.specs import AlertSpec


@transaction.atomic
def bring_in_line(
    kinds: Collection[AlertKind],
    specs: Sequence[AlertSpec],
    *,
    still: Collection[str],
    now: datetime,
) -> int:
    """Raise what no live alert says as severely, end what holds no more; return those raised.

    kinds: every kind that the look can find; their live alerts whose key is not in `still` end.
    specs: what to raise, of these kinds. still: keys whose condition has not ended; they may be
    more than the specs, where an alert stays a little longer than it would be raised anew.
    A look that finds what it found before writes nothing. A few statements, whatever the number.
    """
    live = Alert.objects.filter(kind__in=kinds, state__in=LIVE_STATES, clearing_since=None)
    said = {
        key: (kind, rank, hides)
        for key, kind, rank, hides in live.values_list(
            "dedupe_key", "kind", "severity_rank", f"facts__{HIDES}"
        )
    }
    news = [spec for spec in specs if not _says(said.get(spec.dedupe_key), spec)]
    raise_alerts(news, now=now)
    clear_alerts([key for key in said if key not in still], now=now)
    return len(news)


def _says(alert: tuple[str, int, list[str] | None] | None, spec: AlertSpec) -> bool:
    """Whether a live alert, by kind, severity and what it hides, says what the sighting would."""
    if alert is None:
        return False
    kind, rank, hides = alert
    is_as_grave = rank >= SEVERITY_RANK[spec.severity]
    return kind == spec.kind and is_as_grave and set(hides or ()) == set(spec.facts.get(HIDES, ()))
