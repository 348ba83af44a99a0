"""Triggers, functions and views go and come back with their migrations."""

import pytest
from django.core.management import call_command
from django.db import connection

from analytics.choices import View

pytestmark = pytest.mark.django_db(transaction=True)


def names() -> set[str]:
    """Everything of analytics' own making that no model describes."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT matviewname FROM pg_matviews
            UNION SELECT tgname FROM pg_trigger WHERE tgname LIKE '%\\_note\\_%'
            UNION SELECT proname FROM pg_proc
            WHERE proname LIKE 'analytics\\_%' OR proname = 'shop_time_zone'
            """
        )
        return {row[0] for row in cursor.fetchall()}


def test_back_and_forward() -> None:
    before = names()
    assert set(View.values) < before
    assert {"transactions_note_update", "products_note_category", "shop_time_zone"} < before

    try:
        call_command("migrate", "analytics", "0001", verbosity=0)
        assert names() == set()
    finally:
        call_command("migrate", verbosity=0)

    assert names() == before
