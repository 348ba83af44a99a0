"""The audit finds what differs, says what, and puts it right."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from alerts.choices import AlertKind, AlertState
from alerts.models import Alert
from analytics import drift
from analytics.audit import NIGHTLY_SHARE, Difference, Sample, audit_rollups
from analytics.models import CategoryDaily, CustomerStats, RollupNote, RollupState, SalesHourly
from analytics.rollups import fold
from analytics.rollups.rebuilding import rebuild_rollups
from inventory.models import ProductDaily, ProductTotals
from tests.analytics.definitions import expected, stored
from tests.analytics.factories import NOW, give_back, make_customer, make_sale
from tests.inventory.factories import make_product

pytestmark = pytest.mark.django_db


def fill() -> None:
    """Sell and take back over some days, and fold."""
    customer = make_customer()
    for days in (0, 2, 40):
        txn = make_sale(at=NOW - timedelta(days=days), customer=customer)
    give_back(txn, "2.00", at=NOW)
    fold(now=NOW)


def test_rollups_that_agree_have_no_difference() -> None:
    fill()

    assert audit_rollups(now=NOW) == []


def test_pending_notes_are_folded_first() -> None:
    fill()
    make_sale()

    assert audit_rollups(now=NOW) == []
    assert not RollupNote.objects.exists()


def spoil_hour() -> None:
    SalesHourly.objects.filter(hour=NOW).update(gross=Decimal("99"))


def spoil_category() -> None:
    CategoryDaily.objects.filter(day=date(2026, 11, 24)).delete()


def spoil_product_day() -> None:
    ProductDaily.objects.filter(day=date(2026, 11, 22)).update(units=7)


def spoil_phantom_day() -> None:
    ProductDaily.objects.create(product=make_product(), day=date(2026, 11, 1), units=3)


def spoil_totals() -> None:
    ProductTotals.objects.filter(window=90).update(gross=Decimal("1"))


def spoil_customer() -> None:
    CustomerStats.objects.update(orders=50)


@pytest.mark.parametrize(
    ("spoil", "rollup"),
    [
        (spoil_hour, "sales_hourly"),
        (spoil_category, "category_daily"),
        (spoil_product_day, "product_daily"),
        (spoil_phantom_day, "product_daily"),
        (spoil_totals, "product_totals"),
        (spoil_customer, "customer_stats"),
    ],
)
def test_a_difference_is_found_and_repaired(spoil: Callable[[], None], rollup: str) -> None:
    fill()
    spoil()

    found = audit_rollups(now=NOW)
    repaired = audit_rollups(now=NOW, repair=True)

    assert rollup in {difference.rollup for difference in found}
    # Totals that agree with the repaired days are no difference any more.
    assert rollup in {difference.rollup for difference in repaired}
    assert audit_rollups(now=NOW) == []
    assert stored() == expected(window_day=RollupState.objects.get().window_day)


def test_a_difference_says_what_is_wrong() -> None:
    fill()
    spoil_hour()

    [difference] = audit_rollups(now=NOW)

    assert str(difference).endswith("store: gross 99.00 instead of 5.00")


def test_a_bucket_whose_note_waits_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    # A sale commits right after the audit has folded.
    monkeypatch.setattr("analytics.audit.fold", lambda now: make_sale())

    assert audit_rollups(now=NOW) == []


def test_every_bucket_has_its_turn_within_twenty_nights() -> None:
    fill()
    ProductDaily.objects.update(units=7)
    CustomerStats.objects.update(orders=50)
    SalesHourly.objects.update(gross=1)
    CategoryDaily.objects.update(gross=1)
    everything = {(d.rollup, d.key) for d in audit_rollups(now=NOW)}

    nights = [
        audit_rollups(now=NOW, sample=Sample.of_night(date(2026, 11, 24) + timedelta(days=n)))
        for n in range(NIGHTLY_SHARE)
    ]

    seen = [(d.rollup, d.key) for night in nights for d in night]
    assert len(seen) == len(set(seen))
    assert set(seen) == everything


def test_the_command_fails_when_something_differs() -> None:
    fill()
    assert ran("audit_rollups") == "Rollups agree with the sales.\n"
    spoil_customer()

    with pytest.raises(CommandError, match="1 differences found; --repair"):
        ran("audit_rollups")
    with pytest.raises(CommandError, match="1 differences found and repaired"):
        ran("audit_rollups", "--repair")
    assert ran("audit_rollups") == "Rollups agree with the sales.\n"


def ran(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_drift_raises_one_alert_and_ends_it() -> None:
    found = [Difference("sales_hourly", (NOW, "web"), {"gross": 1}, {"gross": 2})]

    drift.report_drift(found, now=NOW)

    alert = Alert.objects.get(kind=AlertKind.OPS_ROLLUP_DRIFT)
    assert alert.state == AlertState.OPEN
    assert "gross 1 instead of 2" in alert.message

    drift.report_drift([], now=NOW + timedelta(days=1))
    drift.report_drift([], now=NOW + timedelta(days=2))

    alert.refresh_from_db()
    assert alert.state == AlertState.RESOLVED


def test_rebuilding_makes_the_same_rollups() -> None:
    fill()
    before = stored()
    version = RollupState.objects.get().version
    spoil_totals()
    spoil_phantom_day()

    rebuild_rollups(now=NOW)

    assert stored() == before
    assert RollupState.objects.get().version > version


def test_rebuilding_follows_a_new_time_zone(settings: Settings) -> None:
    # 23:30 on the 23rd in New York is 13:30 on the 24th in Tokyo.
    make_sale(at=NOW.replace(hour=4, minute=30))
    fold(now=NOW)
    assert ProductDaily.objects.get().day == date(2026, 11, 23)
    settings.TIME_ZONE = "Asia/Tokyo"

    ran("rebuild_rollups")

    assert ProductDaily.objects.get().day == date(2026, 11, 24)
    with connection.cursor() as cursor:
        cursor.execute("SELECT shop_time_zone()")
        assert cursor.fetchone()[0] == "Asia/Tokyo"
