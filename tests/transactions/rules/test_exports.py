"""Rules with their hits, value lists and the values of one as files."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.exported import export, exported
from tests.pages import signed_in, text_of
from tests.transactions.factories import held
from tests.transactions.rules.rules import author, make_active, make_rule
from transactions.models import RuleBacktest, RuleHit
from transactions.services import rules

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return signed_in("transactions.view_fraudrule", "transactions.view_valuelist")


def test_rules_come_with_their_hits_of_a_week(client: Client) -> None:
    now = timezone.now()
    sales = [held(order_ref=ref, now=now) for ref in ("A", "B", "B", "C")]
    active = make_active(name="=Large")
    assert active.live is not None
    make_rule(name="Draft")
    RuleBacktest.objects.update(
        result={"cases_a_day": 1.5, "precision": {"value": 0.25, "low": 0.1, "high": 0.4}}
    )
    for sale, days in zip(sales, (0, 1, 2, 8), strict=True):
        RuleHit.objects.create(
            transaction=sale,
            version=active.live,
            action="review",
            shadow=False,
            at=now - timedelta(days=days),
        )

    rows, about = exported(client, "fraud-rules")

    assert [(row["Rule"], row["State"]) for row in rows] == [
        ("'=Large", "Active"),
        ("Draft", "Draft"),
    ]
    # Two orders in seven days.
    assert (rows[0]["Live cases a day"], rows[1]["Live cases a day"]) == ("0.286", "")
    assert (rows[0]["Its cases a day"], rows[0]["Its precision"]) == ("1.5", "0.25")
    assert about["Live cases a day, of each rule"] == "0.286"
    assert rows[0]["Says"] in text_of(client.get("/transactions/rules/"))
    assert about["Page"] == "/transactions/rules/"


def test_values_are_those_that_stand_in_the_list(client: Client) -> None:
    now = timezone.now()
    for key, values in (("bad", ["+491", "491"]), ("other", ["x"])):
        rules.create_list(
            key=key, name=f"List {key}", kind="store", reason="", actor=author(), now=now
        )
        rules.add_values(
            key=key, values=values, expires_at=None, reason="=why", actor=author(), now=now
        )
    rules.end_values(key="bad", values=["491"], reason="", actor=author(), now=now)

    lists, about = exported(client, "value-lists")
    standing, of_list = exported(client, "value-list", "list=bad")

    assert [(row["Key"], row["Values now"]) for row in lists] == [("bad", "1"), ("other", "1")]
    assert about["Values now"] == "2"
    assert [(row["Value"], row["Why"], row["Until"]) for row in standing] == [
        ("'+491", "'=why", "")
    ]
    assert (of_list["Export of"], of_list["Page"]) == (
        "Values of List bad",
        "/transactions/rules/lists/bad/",
    )
    page = client.get(of_list["Page"]).content.decode()
    assert '<input type="hidden" name="list" value="value-list">' in page
    assert '<input type="hidden" name="query" value="list=bad">' in page


@pytest.mark.parametrize(
    ("key", "query"), [("fraud-rules", ""), ("value-lists", ""), ("value-list", "list=bad")]
)
def test_who_may_not_see_them_gets_no_file(key: str, query: str) -> None:
    other = signed_in("transactions.view_transaction", email="other@example.test")
    assert export(other, key, query).status_code == 403
