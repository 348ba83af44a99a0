"""Who may not open a page learns who may."""

import pytest
from django.contrib.auth.models import Group

from techmart.core.access import roles_with
from tests.pages import signed_in, text_of

pytestmark = pytest.mark.django_db


def test_a_closed_page_names_the_roles_that_can_see_it() -> None:
    answer = signed_in().get("/transactions/review/")

    assert answer.status_code == 403
    assert "Fraud analysts" in text_of(answer)


def test_roles_follow_what_operators_make_of_the_groups() -> None:
    before = roles_with("alerts.view_alert")
    Group.objects.get(name="Operators").permissions.clear()

    assert "Operators" in before
    assert roles_with("alerts.view_alert") == [name for name in before if name != "Operators"]


def test_a_page_of_administrators_says_so() -> None:
    answer = signed_in().get("/health/")

    assert answer.status_code == 403
    assert "open to administrators" in text_of(answer)
