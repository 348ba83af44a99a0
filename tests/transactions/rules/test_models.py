"""What the database itself refuses of rules and lists."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import Error, IntegrityError, transaction

from tests.transactions.factories import NOW, make_analyst
from transactions.models import FraudRule, FraudRuleVersion, ValueList, ValueListEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> FraudRuleVersion:
    analyst = make_analyst()
    rule = FraudRule.objects.create(name="Large", owner=analyst, reason="Trial", action="review")
    return FraudRuleVersion.objects.create(
        rule=rule, number=1, expression={}, sentence="", author=analyst
    )


def test_a_version_never_changes(version: FraudRuleVersion) -> None:
    for change in (
        lambda: FraudRuleVersion.objects.update(expression={"all": []}),
        lambda: FraudRuleVersion.objects.filter(pk=version.pk).delete(),
    ):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            change()


@pytest.mark.parametrize("changes", [{"state": "active"}, {"state": "shadow"}, {"action": "burn"}])
def test_state_and_what_runs_agree(version: FraudRuleVersion, changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        FraudRule.objects.update(**changes)


def test_a_retired_rule_runs_nothing(version: FraudRuleVersion) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        FraudRule.objects.update(state="retired", live=version)


def test_an_entry_does_not_end_before_it_begins() -> None:
    watch = ValueList.objects.create(key="watch", name="Watch", kind="country")

    with pytest.raises(IntegrityError), transaction.atomic():
        ValueListEntry.objects.create(
            list=watch, value="GB", added_at=NOW, expires_at=NOW - timedelta(days=1)
        )
