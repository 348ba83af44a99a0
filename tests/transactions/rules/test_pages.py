"""Pages of rules: what is shown, built, refused, and to whom."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.pages import htmx, is_page, signed_in, text_of
from tests.transactions.factories import recorded
from tests.transactions.rules.rules import author, make_rule, with_backtest
from transactions.models import FraudRule, RuleBacktest, ValueList, ValueListEntry
from transactions.services import rules

pytestmark = pytest.mark.django_db
VIEW = ("transactions.view_fraudrule", "transactions.view_valuelist")
WRITE = (
    *VIEW,
    "transactions.add_fraudrule",
    "transactions.change_fraudrule",
    "transactions.add_valuelist",
    "transactions.change_valuelist",
)
BUILDER = htmx("transactions-rule-builder")


@pytest.fixture
def analyst() -> Client:
    return signed_in(*WRITE, email="mia@example.test")


def _now_rule(**fields: Any) -> FraudRule:
    return make_rule(now=timezone.now() - timedelta(minutes=1), **fields)


def test_the_list_shows_what_runs_first() -> None:
    _now_rule(name="A draft")
    running = _now_rule(name="Z running", action="block")
    rules.start_shadow(rule_id=running.pk, number=1, actor=author(), now=timezone.now())
    with_backtest(running)
    RuleBacktest.objects.update(
        result={"cases_a_day": 2.0, "precision": {"value": 0.25, "low": 0.1, "high": 0.5}}
    )
    now = timezone.now()
    for number in range(14):
        recorded(price=Decimal("150.00"), order_ref=f"o-{number}", now=now)

    page = text_of(signed_in(*VIEW).get("/transactions/rules/"))

    assert page.index("Z running") < page.index("A draft")
    assert "amount ≥ $100.00" in page
    # 14 cases in seven days, counted only.
    assert re.search(r"Block Shadow – 2\.0 ", page)
    assert "2.0 cases a day, precision 25.0 %" in page or "2.0 cases a day, precision 25.0%" in page
    assert "New rule" not in page


@pytest.mark.parametrize(
    ("path", "permissions", "status"),
    [
        ("/transactions/rules/", (), 403),
        ("/transactions/rules/", VIEW, 200),
        ("/transactions/rules/new/", VIEW, 403),
        ("/transactions/rules/new/", WRITE, 200),
        ("/transactions/rules/lists/", VIEW, 200),
        ("/transactions/rules/999/", VIEW, 404),
        ("/transactions/rules/lists/none/", VIEW, 404),
    ],
)
def test_pages_open_for_those_who_may(path: str, permissions: tuple[str, ...], status: int) -> None:
    assert signed_in(*permissions).get(path).status_code == status


def test_who_only_views_changes_nothing() -> None:
    rule = _now_rule()
    client = signed_in(*VIEW)
    for path in (
        f"/transactions/rules/{rule.pk}/shadow/",
        f"/transactions/rules/{rule.pk}/edit/",
        "/transactions/rules/new/",
        "/transactions/rules/lists/",
        "/transactions/rules/lists/watch/add/",
        "/transactions/rules/lists/watch/end/",
    ):
        assert client.post(path).status_code == 403, path

    assert "Start shadow" not in text_of(client.get(f"/transactions/rules/{rule.pk}/"))
    assert FraudRule.objects.get().state == "draft"


_NAMED = {"name": "Large", "action": "review", "reason": "Trial"}
_ROOT = {"node": ["expression"], "join:expression": "all"}


def _condition(place: str, field: str, operator: str, value: str = "") -> dict[str, str]:
    return {f"field:{place}": field, f"operator:{place}": operator, f"value:{place}": value}


def _post(client: Client, path: str, do: str, *parts: dict[str, Any], **extra: Any) -> Any:
    data: dict[str, Any] = {"do": do}
    nodes: list[str] = []
    for part in parts:
        nodes += part.get("node", [])
        data |= part
        places = {name.partition(":")[2] for name in part if ":" in name}
        nodes += [place for place in sorted(places) if place not in nodes]
    return client.post(path, {**data, "node": nodes}, **extra)


def _fields(response: Any) -> list[str]:
    return re.findall(r'name="(field:[^"]+)"', response.content.decode())


def test_a_rule_is_built_by_plain_buttons(analyst: Client) -> None:
    new = "/transactions/rules/new/"
    first = analyst.get(new)
    assert _fields(first) == ["field:expression.0"]

    one = _condition("expression.0", "amount", "at_least", "500")
    more = _post(analyst, new, "add-condition:expression", _NAMED, _ROOT, one)
    assert _fields(more) == ["field:expression.0", "field:expression.1"]
    assert is_page(more)
    assert 'value="500"' in more.content.decode()
    assert 'value="Large"' in more.content.decode()
    assert "Not finished: 1 condition" in text_of(more)

    group = _post(analyst, new, "add-group:expression", _NAMED, _ROOT, one)
    assert _fields(group) == ["field:expression.0", "field:expression.1.0"]

    two = _condition("expression.1", "hour", "less_than", "6")
    less = _post(analyst, new, "remove:expression.0", _NAMED, _ROOT, one, two)
    assert _fields(less) == ["field:expression.0"]
    assert "hour &lt; 6" in text_of(less)

    saved = _post(analyst, new, "save", _NAMED, _ROOT, one, two)
    rule = FraudRule.objects.get()
    assert (saved.status_code, saved["Location"]) == (303, f"/transactions/rules/{rule.pk}/")
    assert rule.versions.get().sentence == "amount ≥ $500.00 and hour < 6"
    assert rule.owner.email == "mia@example.test"


def test_a_change_of_the_field_offers_what_fits_it(analyst: Client) -> None:
    rules.create_list(
        key="watch",
        name="Watch list",
        kind="country",
        reason="",
        actor=author(),
        now=timezone.now(),
    )
    new = "/transactions/rules/new/"

    changed = _post(
        analyst, new, "", _ROOT, _condition("expression.0", "ship_country", "at_least"), **BUILDER
    )
    assert not is_page(changed)
    html = changed.content.decode()
    assert 'value="begins_with"' in html
    assert 'value="at_least"' not in html

    listed = _post(
        analyst, new, "", _ROOT, _condition("expression.0", "ship_country", "in_list"), **BUILDER
    )
    assert '<option value="watch">Watch list</option>' in listed.content.decode()


def test_a_typed_value_only_changes_the_sentence(analyst: Client) -> None:
    answer = _post(
        analyst,
        "/transactions/rules/new/",
        "",
        _ROOT,
        _condition("expression.0", "amount", "more_than", "70"),
        **htmx("transactions-rule-sentence"),
    )

    assert text_of(answer).strip() == "amount &gt; $70.00"
    assert "<form" not in answer.content.decode()


def test_what_is_wrong_is_said_at_its_field(analyst: Client) -> None:
    refused = _post(
        analyst,
        "/transactions/rules/new/",
        "save",
        {**_NAMED, "reason": ""},
        _ROOT,
        _condition("expression.0", "amount", "at_least", "much"),
        **BUILDER,
    )

    assert refused.status_code == 422
    html = refused.content.decode()
    assert re.search(r'id="expression-0-value"[^>]*aria-invalid="true"', html)
    assert re.search(r'id="rule-reason"[^>]*aria-invalid="true"', html)
    assert "is no number" in text_of(refused)
    assert "Say why the rule is there." in text_of(refused)
    assert not FraudRule.objects.exists()

    empty = _post(analyst, "/transactions/rules/new/", "save", _NAMED, _ROOT)
    assert empty.status_code == 422
    assert "Add a condition, or remove the group." in text_of(empty)


def test_a_rule_is_written_anew_from_what_it_says(analyst: Client) -> None:
    rule = _now_rule(
        expression={
            "all": [
                {"field": "store", "operator": "one_of", "value": ["North", "South"]},
                {"none": [{"field": "countries_differ", "operator": "is", "value": True}]},
            ]
        }
    )
    edit = f"/transactions/rules/{rule.pk}/edit/"

    html = analyst.get(edit).content.decode()
    assert 'value="North, South"' in html
    assert '<option value="true" selected>' in html

    saved = _post(
        analyst,
        edit,
        "save",
        {"note": "One store"},
        _ROOT,
        _condition("expression.0", "store", "one_of", "North, West"),
        **BUILDER,
    )
    assert (saved.status_code, saved["HX-Redirect"]) == (204, f"/transactions/rules/{rule.pk}/")
    version = rule.versions.get(number=2)
    assert (version.note, version.sentence) == ("One store", "store is North or West")

    same = _post(
        analyst,
        edit,
        "save",
        _ROOT,
        _condition("expression.0", "store", "one_of", "North, West"),
    )
    assert same.status_code == 422
    assert "says already" in text_of(same)


def test_a_form_made_by_hand_breaks_nothing(analyst: Client) -> None:
    for data in (
        {},
        {"node": ["expression.0"], "do": "remove:expression.0"},
        {"node": ["expression", "x.y"], "join:expression": "all", "do": "add-group:nowhere"},
        {"node": ["expression"], "join:expression": "sideways"},
        {"node": ["expression", "expression.0"], "join:expression": "all",
         "field:expression.0": "__class__", "do": "save"},
    ):  # fmt: skip
        assert analyst.post("/transactions/rules/new/", data).status_code in (200, 422)


def test_the_page_says_what_is_missing(analyst: Client) -> None:
    rule = _now_rule(action="block")
    path = f"/transactions/rules/{rule.pk}/"

    page = text_of(analyst.get(path))

    assert "Version 1 has no finished backtest." in page
    assert "somebody other than its author has to approve" in page
    assert "Activate version" not in page
    refused = analyst.post(f"{path}activate/", {"number": "1"})
    assert refused.status_code == 409
    assert "Nothing was changed." in text_of(refused)


def test_a_rule_is_tried_approved_activated_and_retired(analyst: Client) -> None:
    rule = _now_rule(action="block", name="Stop large ones")
    path = f"/transactions/rules/{rule.pk}/"
    at = timezone.now() - timedelta(days=3)
    recorded(price=Decimal("150.00"), timestamp=at, now=at)

    asked = analyst.post(f"{path}backtest/", {"number": "1", "since": "", "until": ""})
    assert asked.status_code == 303
    waiting = analyst.get(path)
    assert "Waiting for a worker" in text_of(waiting)
    assert 'hx-trigger="every 2s"' in waiting.content.decode()

    rules.run_backtest(backtest_id=RuleBacktest.objects.get().pk, now=timezone.now())
    done = analyst.get(path)
    assert 'hx-trigger="every 2s"' not in done.content.decode()
    page = text_of(done)
    assert "1 in 90 days, at most 1 on one" in page
    assert "Money blocked $150.00" in page
    assert "no case has a label yet" in page

    approved = analyst.post(f"{path}approve/", {"number": "1"}, **htmx("transactions-rule"))
    assert approved.status_code == 200
    assert not is_page(approved)
    assert "Nothing is missing: version 1 may be activated." in text_of(approved)
    assert "Approved by Mia" in text_of(approved)

    active = analyst.post(f"{path}activate/", {"number": "1"}, **htmx("transactions-rule"))
    assert "Version 1 decides." in text_of(active)
    assert FraudRule.objects.get().state == "active"

    unsaid = analyst.post(f"{path}retire/", {"number": "1", "reason": ""})
    assert unsaid.status_code == 422
    assert "Say why it is retired." in text_of(unsaid)
    analyst.post(f"{path}retire/", {"number": "1", "reason": "Too strict"})
    assert FraudRule.objects.get().state == "retired"
    assert "Too strict" in text_of(analyst.get(path))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("since", "yesterday", "Give a day such as 2026-11-01."),
        ("since", "2026-13-40", "Give a day such as 2026-11-01."),
        ("until", "2999-01-01", "only days that ended are tried"),
    ],
)
def test_a_bad_period_is_said_and_kept(
    analyst: Client, field: str, value: str, message: str
) -> None:
    rule = _now_rule()

    refused = analyst.post(
        f"/transactions/rules/{rule.pk}/backtest/", {"number": "1", field: value}
    )

    assert refused.status_code == 422
    assert message in text_of(refused)
    assert f'value="{value}"' in refused.content.decode()
    assert not RuleBacktest.objects.exists()


def test_unknown_acts_and_versions_are_not_there(analyst: Client) -> None:
    rule = _now_rule()
    path = f"/transactions/rules/{rule.pk}/"

    assert analyst.post(f"{path}burn/", {"number": "1"}).status_code == 404
    assert analyst.post(f"{path}shadow/", {"number": "9"}).status_code == 404
    assert analyst.post(f"{path}shadow/", {"number": "x"}).status_code == 404
    assert "What version 1 says" in text_of(analyst.get(f"{path}?version=9"))


def test_an_older_version_can_be_looked_at(analyst: Client) -> None:
    rule = _now_rule()
    huge = {"all": [{"field": "amount", "operator": "at_least", "value": 1000}]}
    rules.add_version(rule_id=rule.pk, expression=huge, note="", actor=author(), now=timezone.now())
    path = f"/transactions/rules/{rule.pk}/"

    assert "What version 2 says" in text_of(analyst.get(path))
    older = analyst.get(f"{path}?version=1")
    assert "What version 1 says" in text_of(older)
    assert f'hx-get="{path}?version=1"' in older.content.decode()


def test_a_list_is_made_filled_and_emptied(analyst: Client) -> None:
    made = analyst.post(
        "/transactions/rules/lists/",
        {"key": "watch", "name": "Watch list", "kind": "country", "reason": ""},
    )
    path = "/transactions/rules/lists/watch/"
    assert (made.status_code, made["Location"]) == (303, path)

    added = analyst.post(
        f"{path}add/",
        {"values": "fr\n\nDE\r\n", "expires_at": "", "reason": "Seen"},
        **htmx("transactions-value-list"),
    )
    assert added.status_code == 200
    assert "2 added" in added["HX-Trigger"]
    assert "FR" in text_of(added)

    refused = analyst.post(f"{path}add/", {"values": "IT\nItaly", "expires_at": "soon"})
    assert refused.status_code == 422
    assert "IT\nItaly" in refused.content.decode()
    assert "Give a time such as" in text_of(refused)
    wrong = analyst.post(f"{path}add/", {"values": "IT\nItaly"})
    assert "Line 2: Italy is no country" in text_of(wrong)

    ended = analyst.post(f"{path}end/", {"value": "FR"})
    assert ended.status_code == 303
    assert "FR no longer stands" in text_of(analyst.get(path))
    page = text_of(analyst.get(path))
    assert "FR" not in page
    assert "DE" in page
    assert ValueListEntry.objects.count() == 2


def test_an_end_is_read_by_the_shops_clock(analyst: Client) -> None:
    rules.create_list(
        key="watch", name="W", kind="country", reason="", actor=author(), now=timezone.now()
    )

    analyst.post(
        "/transactions/rules/lists/watch/add/",
        {"values": "FR", "expires_at": "2999-07-01T12:00"},
    )

    ends = ValueListEntry.objects.get().expires_at
    assert ends is not None
    assert timezone.localtime(ends, timezone.get_default_timezone()).hour == 12


def test_a_list_that_cannot_be_made_says_why(analyst: Client) -> None:
    refused = analyst.post(
        "/transactions/rules/lists/",
        {"key": "Watch List", "name": "", "kind": "country", "reason": ""},
    )

    assert refused.status_code == 422
    assert "Use small letters, digits and dashes" in text_of(refused)
    assert 'value="Watch List"' in refused.content.decode()
    assert not ValueList.objects.exists()


def test_the_lists_of_running_rules_are_named(analyst: Client) -> None:
    now = timezone.now()
    rules.create_list(key="watch", name="W", kind="country", reason="", actor=author(), now=now)
    rule = _now_rule(
        name="Watched",
        expression={"any": [{"field": "ip_country", "operator": "in_list", "value": "watch"}]},
    )
    assert "Watched" not in text_of(analyst.get("/transactions/rules/lists/"))

    rules.start_shadow(rule_id=rule.pk, number=1, actor=author(), now=now)

    assert "Watched" in text_of(analyst.get("/transactions/rules/lists/"))
    assert "Used by Watched" in text_of(analyst.get("/transactions/rules/lists/watch/"))


def test_the_page_of_a_sale_names_the_rules_it_met() -> None:
    rule = _now_rule(name="Large ones")
    rules.start_shadow(rule_id=rule.pk, number=1, actor=author(), now=timezone.now())
    txn = recorded(price=Decimal("150.00"), now=timezone.now())
    path = f"/transactions/{txn.pk}/"

    page = signed_in("transactions.view_transaction", *VIEW).get(path)
    assert "Rules met Large ones amount ≥ $100.00 Shadow" in text_of(page)
    link = f'href="/transactions/rules/{rule.pk}/?version=1"'
    assert link in page.content.decode()

    # The name says why; the rule's page is for those who may see it.
    other = signed_in("transactions.view_transaction", email="other@example.test").get(path)
    assert "Large ones" in text_of(other)
    assert link not in other.content.decode()


def test_a_watch_list_is_made_by_a_tick_and_says_so(analyst: Client) -> None:
    path = "/transactions/rules/lists/"
    body = {"key": "drops", "name": "Drops", "kind": "address", "reason": ""}

    refused = analyst.post(path, {**body, "kind": "limit", "watched": "on"})
    assert refused.status_code == 422
    assert "Amounts are not watched" in text_of(refused)
    # What was ticked stays ticked.
    assert 'name="watched" checked' in refused.content.decode()

    assert analyst.post(path, {**body, "watched": "on"}).status_code == 303
    assert ValueList.objects.get(key="drops").watched
    assert "Addresses (hashes), watched" in text_of(analyst.get(path))
