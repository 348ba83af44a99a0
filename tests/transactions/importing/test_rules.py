"""Imported history is judged by no rule."""

from pathlib import Path

import pytest
from django.core.management import call_command

from alerts.models import Alert
from tests.transactions.importing.files import write
from tests.transactions.rules.rules import make_active
from transactions.models import RuleHit, Transaction

pytestmark = pytest.mark.django_db


def test_history_was_decided_elsewhere(tmp_path: Path) -> None:
    make_active(
        {"all": [{"field": "quantity", "operator": "at_least", "value": 1}]}, action="block"
    )
    lines = ["o1,a,2,2026-01-05 10:00,3.00,c"]

    call_command(
        "import_sales",
        write(
            tmp_path / "sales.csv", lines, "order_ref,sku,quantity,timestamp,unit_price,customer"
        ),
        report=tmp_path / "report.json",
        errors=tmp_path / "errors.csv",
    )

    sale = Transaction.objects.get()
    assert (sale.decision, sale.status) == ("allow", "completed")
    assert not RuleHit.objects.exists()
    assert not Alert.objects.filter(kind__startswith="fraud").exists()
