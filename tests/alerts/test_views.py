"""Pages of alerts: page and fragment, who may see and do what, and what an act answers."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts import pages
from alerts.choices import AlertKind, AlertState, Severity, SnoozeUntil
from alerts.forms import tomorrow_morning
from alerts.models import Alert
from alerts.services import acknowledge, assign, clear_alert, raise_alerts, snooze
from techmart.core.models import User
from tests.alerts.factories import NOON, at, make_alert, make_analyst, make_user, spec

pytestmark = pytest.mark.django_db

TABLE = {"HX-Request": "true", "HX-Target": "alerts-table"}
DETAIL = {"HX-Request": "true", "HX-Target": "alerts-detail"}


@pytest.fixture
def ana() -> User:
    return make_analyst()


@pytest.fixture
def page(client: Client, ana: User) -> Client:
    """A browser in which Ana is signed in."""
    return signed_in(client, ana)


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text_of(response: Any) -> str:
    return str(response.content.decode())


def titles(response: Any) -> list[str]:
    return re.findall(r'class="pri"[^>]*>([^<]+)<', text_of(response))


def test_the_list_is_a_page_and_its_table_a_fragment(page: Client) -> None:
    make_alert(title="Socks are low", path="/inventory/products/S1/")

    whole = page.get("/alerts/")
    table = page.get("/alerts/", headers=TABLE)
    boosted = page.get("/alerts/", headers={"HX-Request": "true", "HX-Boosted": "true"})

    assert text_of(whole).startswith("<!doctype html>")
    assert titles(whole) == titles(table) == ["Socks are low"]
    assert "<!doctype" not in text_of(table)
    assert 'id="alerts-table"' in text_of(table)
    assert text_of(boosted).startswith("<!doctype html>")
    assert "HX-Target" in table["Vary"]


def test_worst_come_first_and_tabs_count(page: Client, ana: User) -> None:
    make_alert("a", title="Medium, new", now=at(5))
    make_alert("b", title="High, old", severity=Severity.HIGH, now=at(1))
    mine = make_alert("c", title="Medium, old", now=at(1))
    assign(alert_id=mine.pk, actor=ana, assignee=ana, now=at(6))
    held = make_alert("d", title="Held", severity=Severity.LOW, now=at(1))
    acknowledge(alert_id=held.pk, actor=ana, now=at(6))
    quiet = make_alert("e", title="Quiet", now=at(1))
    snooze(alert_id=quiet.pk, actor=ana, rule=SnoozeUntil.COUNT, now=at(6))
    make_alert("f", title="Over", now=at(1))
    clear_alert(dedupe_key="f", now=at(2))

    response = page.get("/alerts/")

    assert titles(response) == ["High, old", "Medium, new", "Medium, old", "Held"]
    counts = {link.label: link.count for link in response.context["tabs"]}
    assert counts == {"Open": 4, "Mine": 2, "Snoozed": 1, "Resolved": None}
    assert titles(page.get("/alerts/?state=mine")) == ["Medium, old", "Held"]
    assert titles(page.get("/alerts/?state=snoozed")) == ["Quiet"]
    assert titles(page.get("/alerts/?state=resolved")) == ["Over"]


def test_types_and_severities_say_how_many_they_hold(page: Client, ana: User) -> None:
    def words(address: str) -> dict[str, list[str]]:
        return {
            select.name: [option.label for option in select.options if "(" in option.label]
            for select in page.get(address).context["selects"]
        }

    raise_alerts([spec(f"low{n}", severity=Severity.LOW) for n in range(1200)], now=NOON)
    make_alert("high", severity=Severity.HIGH)
    out = make_alert("out", kind=AlertKind.STOCK_OUT, severity=Severity.HIGH)
    assign(alert_id=out.pk, actor=ana, assignee=ana, now=NOON)
    make_alert("over")
    clear_alert(dedupe_key="over", now=at(2))

    assert words("/alerts/") == {
        "sev": ["High (2)", "Low (1,200)"],
        "type": ["Out of stock (1)", "Low stock (1,201)"],
        "who": [],
    }
    # Each as the other filters narrow it, and not by itself.
    assert words("/alerts/?type=stock.out&sev=high") == {
        "sev": ["High (1)"],
        "type": ["Out of stock (1)", "Low stock (1)"],
        "who": [],
    }
    assert words("/alerts/?state=mine")["type"] == ["Out of stock (1)"]
    assert words("/alerts/?who=nobody")["type"] == ["Low stock (1,201)"]
    assert words("/alerts/?state=resolved") == {"sev": [], "type": [], "who": []}


def test_filters_of_the_address_narrow_the_list(page: Client, ana: User) -> None:
    make_alert("a", title="Low stock", severity=Severity.HIGH)
    make_alert("b", title="Out of stock", kind=AlertKind.STOCK_OUT, severity=Severity.HIGH)
    given = make_alert("c", title="Given", severity=Severity.LOW)
    assign(alert_id=given.pk, actor=ana, assignee=ana, now=NOON)

    assert titles(page.get("/alerts/?sev=high&type=stock.out")) == ["Out of stock"]
    assert titles(page.get("/alerts/?who=me")) == ["Given"]
    assert titles(page.get("/alerts/?who=nobody&sev=low")) == []
    ignored = page.get("/alerts/?sev=urgent&after=damaged")
    assert len(titles(ignored)) == 3
    assert "ignored: sev=urgent" in text_of(ignored)
    assert "ignored: after=damaged" in text_of(ignored)


def test_pages_follow_each_other_by_key(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE_SIZE", 2)
    for number in range(5):
        make_alert(str(number), title=f"No {number}", now=at(number))

    first = page.get("/alerts/")
    second = page.get(first.context["pager"].next_url)
    third = page.get(second.context["pager"].next_url)

    assert [titles(each) for each in (first, second, third)] == [
        ["No 4", "No 3"],
        ["No 2", "No 1"],
        ["No 0"],
    ]
    assert third.context["pager"].next_url is None
    assert titles(page.get(third.context["pager"].previous_url)) == ["No 2", "No 1"]


def test_the_number_of_queries_does_not_depend_on_the_rows(page: Client, ana: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert page.get("/alerts/").status_code == 200
        return len(captured)

    make_alert("first")
    page.get("/alerts/")  # what is cached is cached now
    few = queries()
    raise_alerts([spec(f"k{n}") for n in range(40)], now=NOON)
    Alert.objects.update(assigned_to=ana)

    assert queries() == few
    # Session, user, permissions of the person and of groups, counts, rows, shop, heads.
    assert few <= 9


def test_a_page_needs_a_person_and_the_permission(client: Client) -> None:
    alert = make_alert()
    for address in ("/alerts/", f"/alerts/{alert.pk}/", "/alerts/bell/", "/alerts/drawer/"):
        assert client.get(address).status_code == 302
        assert client.get(address, headers=TABLE).status_code == 401

    signed_in(client, make_user("guest@example.com"))
    for address in ("/alerts/", f"/alerts/{alert.pk}/", "/alerts/bell/", "/alerts/drawer/"):
        assert client.get(address).status_code == 403


def test_alerts_of_another_audience_are_not_there(page: Client) -> None:
    hidden = make_alert(title="Secret", audience="transactions.view_transaction")

    assert titles(page.get("/alerts/")) == []
    assert "Secret" not in text_of(page.get("/alerts/drawer/"))
    assert page.get(f"/alerts/{hidden.pk}/").status_code == 404
    assert page.post(f"/alerts/{hidden.pk}/acknowledge/").status_code == 404


def test_who_may_only_look_cannot_act(client: Client) -> None:
    alert = make_alert()
    signed_in(client, make_user("eve@example.com", "alerts.view_alert"))

    assert "acknowledge" not in text_of(client.get("/alerts/"))
    assert "Act on it" not in text_of(client.get(f"/alerts/{alert.pk}/"))
    for act in ("acknowledge", "snooze", "unsnooze", "assign", "resolve"):
        assert client.post(f"/alerts/{alert.pk}/{act}/").status_code == 403
        assert client.get(f"/alerts/{alert.pk}/{act}/").status_code == 405


def test_acknowledging_in_the_list_answers_the_table_and_the_counters(
    page: Client, ana: User
) -> None:
    alert = make_alert("a", title="Socks", severity=Severity.HIGH, now=timezone.now())
    make_alert("b", title="Shirts", now=timezone.now())

    response = page.post(
        f"/alerts/{alert.pk}/acknowledge/", {"next": "/alerts/?sev=high"}, headers=TABLE
    )

    alert.refresh_from_db()
    assert (alert.state, alert.acknowledged_by) == (AlertState.ACKNOWLEDGED, ana)
    assert response.status_code == 200
    assert titles(response) == ["Socks"]
    assert response.context["page_url"] == "/alerts/?sev=high"
    assert 'id="alerts-bell" data-region' in text_of(response)
    assert text_of(response).index('hx-swap-oob="true"') > text_of(response).index("</table>")
    assert json.loads(response["HX-Trigger"])["techmart:toast"]["title"] == "Acknowledged: Socks"


def test_the_counters_of_an_answer_are_those_after_the_act(page: Client) -> None:
    alert = make_alert(now=timezone.now())
    assert page.get("/alerts/bell/").context["open_alert_count"]() == 1

    response = page.post(f"/alerts/{alert.pk}/resolve/", {"reason": "Counted"}, headers=DETAIL)

    assert '<span class="n" hidden>' in text_of(response)


def test_without_script_an_act_leads_back(page: Client) -> None:
    alert = make_alert(title="Socks", now=timezone.now())

    back = page.post(f"/alerts/{alert.pk}/acknowledge/", {"next": "/alerts/?sev=medium"})
    assert (back.status_code, back["Location"]) == (303, "/alerts/?sev=medium")
    assert "Acknowledged: Socks" in text_of(page.get(back["Location"]))

    elsewhere = page.post(f"/alerts/{alert.pk}/acknowledge/", {"next": "https://evil.example/"})
    assert elsewhere["Location"] == f"/alerts/{alert.pk}/"


def test_the_detail_shows_who_did_what(page: Client, ana: User) -> None:
    ben = make_analyst("ben@example.com", name="Ben Okri")
    alert = make_alert(title="Socks", message="3 left", facts={"reorder_point": 40})
    make_alert(severity=Severity.HIGH, title="Socks", now=at(1))
    acknowledge(alert_id=alert.pk, actor=ben, now=at(2))
    assign(alert_id=alert.pk, actor=ana, assignee=ben, now=at(3))

    whole = page.get(f"/alerts/{alert.pk}/")
    fragment = page.get(f"/alerts/{alert.pk}/", headers=DETAIL)

    history = [(row.title, row.actor) for row in whole.context["history"]]
    assert history == [
        ("Assigned", "You"),
        ("Acknowledged", "Ben Okri"),
        ("Became more severe", "TechMart"),
        ("Opened", "TechMart"),
    ]
    assert "Acknowledged by Ben Okri, until" in text_of(whole)
    assert text_of(whole).startswith("<!doctype html>")
    assert 'id="alerts-detail"' in text_of(fragment)
    assert "<!doctype" not in text_of(fragment)


def test_an_alert_held_by_someone_else_is_a_conflict_that_says_who(page: Client) -> None:
    ben = make_analyst("ben@example.com", name="Ben Okri")
    alert = make_alert(now=timezone.now())
    acknowledge(alert_id=alert.pk, actor=ben, now=timezone.now())
    assert 'id="act-acknowledge"' not in text_of(page.get(f"/alerts/{alert.pk}/"))

    response = page.post(f"/alerts/{alert.pk}/acknowledge/", headers=DETAIL)

    assert response.status_code == 409
    notice = json.loads(response["HX-Trigger"])["techmart:toast"]
    assert (notice["tone"], notice["title"]) == (
        "bad",
        "Ben Okri has acknowledged this alert.",
    )
    assert 'id="alerts-detail"' in text_of(response)


def test_snoozing_and_waking(page: Client) -> None:
    alert = make_alert(now=timezone.now())

    for choice, rule in (("1h", "time"), ("tomorrow", "time"), ("severity", "severity")):
        assert (
            page.post(f"/alerts/{alert.pk}/snooze/", {"until": choice}, headers=DETAIL).status_code
            == 200
        )
        alert.refresh_from_db()
        assert (alert.state, alert.snooze_rule) == (AlertState.SNOOZED, rule)
    assert page.post(f"/alerts/{alert.pk}/unsnooze/", headers=DETAIL).status_code == 200

    alert.refresh_from_db()
    assert alert.state == AlertState.OPEN
    refused = page.post(f"/alerts/{alert.pk}/unsnooze/", headers=DETAIL)
    assert refused.status_code == 409


def test_assigning_offers_those_who_can_act(page: Client, ana: User) -> None:
    alert = make_alert(now=timezone.now())
    eve = make_user("eve@example.com", "alerts.view_alert")

    assert (
        page.post(f"/alerts/{alert.pk}/assign/", {"assignee": eve.pk}, headers=DETAIL).status_code
        == 422
    )
    assert (
        page.post(f"/alerts/{alert.pk}/assign/", {"assignee": ana.pk}, headers=DETAIL).status_code
        == 200
    )
    alert.refresh_from_db()
    assert alert.assigned_to == ana
    page.post(f"/alerts/{alert.pk}/assign/", {"assignee": ""}, headers=DETAIL)
    alert.refresh_from_db()
    assert alert.assigned_to is None


def test_resolving_needs_a_reason(page: Client, ana: User) -> None:
    alert = make_alert(now=timezone.now())

    refused = page.post(f"/alerts/{alert.pk}/resolve/", {"reason": " "}, headers=DETAIL)
    assert refused.status_code == 422
    assert "Say why the alert is resolved." in text_of(refused)
    assert 'aria-invalid="true"' in text_of(refused)

    page.post(f"/alerts/{alert.pk}/resolve/", {"reason": "Counted again"}, headers=DETAIL)
    alert.refresh_from_db()
    assert (alert.state, alert.resolved_by, alert.reason) == ("resolved", ana, "Counted again")


def test_a_form_without_its_token_is_refused(ana: User) -> None:
    alert = make_alert()
    strict = signed_in(Client(enforce_csrf_checks=True), ana)

    assert strict.post(f"/alerts/{alert.pk}/acknowledge/").status_code == 403


def test_the_drawer_shows_the_newest_that_need_attention(page: Client, ana: User) -> None:
    raise_alerts([spec(f"k{n}", title=f"Alert {n}") for n in range(25)], now=NOON)
    make_alert("newest", title="Newest", severity=Severity.LOW, now=at(1))
    quiet = make_alert("quiet", title="Quiet", now=at(2))
    snooze(alert_id=quiet.pk, actor=ana, rule=SnoozeUntil.COUNT, now=at(3))

    response = page.get("/alerts/drawer/")

    shown = [row.title for row in response.context["alerts"]]
    assert shown[0] == "Newest"
    assert len(shown) == 20
    assert "Quiet" not in shown
    assert response["Cache-Control"] == "private, no-store"


def test_the_page_says_where_its_live_cursors_begin(page: Client) -> None:
    response = page.get("/alerts/")

    heads = re.search(r'data-live-heads="([^"]*)"', text_of(response))
    assert heads is not None
    topics = json.loads(heads[1].replace("&quot;", '"'))
    assert set(topics) == {"alerts", "dashboard", "stock", "transactions"}
    assert topics["alerts"]["head"] == 0


def test_tomorrow_is_the_next_shop_day() -> None:
    # 12:00 UTC on 7 March 2026 is 7:00 in New York; summer time begins on the 8th, so 9:00 is
    # 13:00 UTC.
    zone = timezone.get_default_timezone()
    now = NOON.replace(day=7)

    assert tomorrow_morning(now, zone) == NOON.replace(day=8, hour=13)
