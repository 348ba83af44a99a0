"""Every index of ours answers what it was made for, and is missed when it is gone."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from tests.indexes.cases import ASKED
from tests.indexes.plans import Plans, recorded_plans
from tests.indexes.shop import fill, sweep

pytestmark = pytest.mark.django_db

# Indexes without a uniqueness to keep, but those that Django makes and names for foreign keys and
# for LIKE.
_OURS = r"""
SELECT c.relname
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_class AS t ON t.oid = i.indrelid
WHERE t.relname = ANY(%s) AND NOT i.indisunique AND c.relname !~ '_[0-9a-f]{8}(_like)?$'
"""
_APPS = ("core", "alerts", "inventory", "transactions", "analytics")


@pytest.fixture(scope="module")
def sized_shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """One sized shop for all cases; nothing of it is committed."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            fill()
            yield
            transaction.set_rollback(True)
        sweep()


def _plans_of(index: str) -> Plans:
    with transaction.atomic():
        with recorded_plans() as plans:
            ASKED[index]()
        transaction.set_rollback(True)
    return plans


def _index_names() -> set[str]:
    tables = [
        model._meta.db_table for label in _APPS for model in apps.get_app_config(label).get_models()
    ]
    with connection.cursor() as cursor:
        cursor.execute(_OURS, [tables])
        return {name for (name,) in cursor.fetchall()}


def test_every_index_of_ours_has_a_case(sized_shop: None) -> None:
    assert _index_names() == set(ASKED)


@pytest.mark.parametrize("index", sorted(ASKED))
def test_the_index_answers_and_is_missed(sized_shop: None, index: str) -> None:
    with_it = _plans_of(index)
    users = with_it.users_of(index)
    assert users, f"no statement uses {index}; used are {sorted(with_it.indexes())}"

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f'DROP INDEX "{index}"')
        without = _plans_of(index)
        transaction.set_rollback(True)

    assert index not in without.indexes()
    # The next best plan costs more by the planner's own estimate.
    assert without.cost(users) > with_it.cost(users)
