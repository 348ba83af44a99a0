"""Rules and value lists over the API."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from techmart.core.models import User
from tests.transactions.rules.rules import LARGE, author, make_rule, with_backtest
from transactions.models import FraudRule, RuleBacktest
from transactions.services import rules

pytestmark = pytest.mark.django_db
RULES = "/api/v1/fraud-rules/"
LISTS = "/api/v1/value-lists/"
DRAFT = {"name": "Large", "action": "block", "reason": "Trial", "expression": LARGE}


def allow(user: User, *codenames: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


@pytest.fixture
def analyst(api: APIClient, user: User) -> APIClient:
    """A caller who may write rules and lists."""
    verbs = ("view", "add", "change")
    allow(user, *(f"{verb}_{model}" for verb in verbs for model in ("fraudrule", "valuelist")))
    return api


def _post(api: APIClient, path: str, body: Any = None, *, status: int = 200) -> Any:
    answer = api.post(path, body or {}, format="json")
    assert answer.status_code == status, answer.content
    return answer.json() if answer.content else None


def test_who_views_does_not_write(api: APIClient, user: User) -> None:
    rule = make_rule()
    assert api.get(RULES).status_code == 403
    allow(user, "view_fraudrule", "view_valuelist")

    assert api.get(RULES).json()["results"][0]["name"] == rule.name
    _post(api, RULES, DRAFT, status=403)
    for act in ("versions", "backtest", "shadow", "stop-shadow", "activate", "approve", "retire"):
        _post(api, f"{RULES}{rule.pk}/{act}/", {"version": 1}, status=403)
    _post(api, LISTS, {"key": "a", "name": "A", "kind": "country"}, status=403)


def test_a_rule_goes_its_way(analyst: APIClient) -> None:
    made = _post(analyst, RULES, DRAFT, status=201)
    path = f"{RULES}{made['id']}/"
    assert (made["state"], made["newest_version"]) == ("draft", 1)
    assert made["versions"][0]["sentence"] == "amount ≥ $100.00"

    missing = _post(analyst, f"{path}activate/", {"version": 1}, status=409)
    assert [error["field"] for error in missing["errors"]] == ["backtest", "approval"]

    asked = _post(analyst, f"{path}backtest/", {"version": 1}, status=202)
    assert (asked["status"], asked["result"]) == ("queued", {})
    rules.run_backtest(backtest_id=asked["id"], now=RuleBacktest.objects.get().requested_at)
    [done] = analyst.get(f"{path}backtests/").json()
    assert (done["status"], done["result"]["cases"]) == ("done", 0)

    own = _post(analyst, f"{path}approve/", {"version": 1}, status=422)
    assert own["errors"][0]["code"] == "author"
    now = RuleBacktest.objects.get().requested_at
    rules.approve_version(rule_id=made["id"], number=1, reason="", actor=author(), now=now)
    assert analyst.get(path).json()["versions"][0]["approved_by"] == "Analyst"
    assert _post(analyst, f"{path}activate/", {"version": 1})["live_version"] == 1

    other = {"all": [{"field": "hour", "operator": "less_than", "value": 6}]}
    version = _post(analyst, f"{path}versions/", {"expression": other}, status=201)
    assert (version["number"], version["sentence"]) == (2, "hour < 6")
    assert _post(analyst, f"{path}shadow/", {"version": 2})["shadow_version"] == 2
    assert _post(analyst, f"{path}stop-shadow/")["shadow_version"] is None
    retired = _post(analyst, f"{path}retire/", {"reason": "Done"})
    assert (retired["state"], retired["live_version"]) == ("retired", None)


def test_a_second_person_approves_over_the_api(analyst: APIClient) -> None:
    rule = make_rule(action="block")
    with_backtest(rule)

    answer = _post(analyst, f"{RULES}{rule.pk}/approve/", {"version": 1, "reason": "Seen"})

    assert answer["versions"][0]["approved_by"] == "Feed"


def test_errors_name_the_node(analyst: APIClient) -> None:
    bad = {**DRAFT, "expression": {"all": [{"field": "amount", "operator": "is", "value": "x"}]}}

    refused = _post(analyst, RULES, bad, status=422)

    assert [(error["field"], error["code"]) for error in refused["errors"]] == [
        ("expression.0.value", "invalid")
    ]
    assert not FraudRule.objects.exists()
    _post(analyst, f"{RULES}999/activate/", {"version": 1}, status=404)
    _post(analyst, RULES, {"name": "x"}, status=400)


def test_a_bad_period_is_refused(analyst: APIClient) -> None:
    rule = make_rule()

    refused = _post(
        analyst,
        f"{RULES}{rule.pk}/backtest/",
        {"version": 1, "since": "2026-01-02", "until": "2026-01-01"},
        status=422,
    )

    assert refused["errors"][0]["field"] == "since"


def test_lists_are_made_filled_and_emptied(analyst: APIClient) -> None:
    body = {"key": "watch", "name": "Watch", "kind": "country"}
    assert _post(analyst, LISTS, body, status=201)["key"] == "watch"
    assert _post(analyst, LISTS, body, status=422)["errors"][0]["code"] == "taken"

    added = _post(analyst, f"{LISTS}watch/add/", {"values": ["fr", "DE", "IT"]})
    assert added == {"added": 3, "changed": 0, "unchanged": 0}
    refused = _post(analyst, f"{LISTS}watch/add/", {"values": ["ES", "Spain"]}, status=422)
    assert refused["errors"][0]["row"] == 1

    first = analyst.get(f"{LISTS}watch/entries/?page_size=2").json()
    assert [row["value"] for row in first["results"]] == ["DE", "FR"]
    assert [row["value"] for row in analyst.get(first["next"]).json()["results"]] == ["IT"]

    _post(analyst, f"{LISTS}watch/end/", {"values": ["FR"]}, status=204)
    left = analyst.get(f"{LISTS}watch/entries/").json()["results"]
    assert [row["value"] for row in left] == ["DE", "IT"]
    _post(analyst, f"{LISTS}none/add/", {"values": ["FR"]}, status=404)
