"""Imports killed half-way, and imports at the same time: real processes and connections."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings
from django.db import connection, transaction

from inventory.models import Product, StockMovement
from tests.transactions.importing.files import NOW, write
from transactions.importing.engine import take_import_lock
from transactions.importing.mapping import Mapping
from transactions.importing.runs import ImportOptions
from transactions.importing.sales_import import import_sales
from transactions.models import Customer, ImportRun, Transaction, TransactionEvent

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "order_ref,sku,quantity,timestamp,unit_price,customer"
LINES = [f"o{i},p{i % 7},1,2025-01-05 10:00,3.00,c{i % 5}" for i in range(400)]
# Halts in the middle of the writing, sales in and ledger not, and says so.
HALF_WAY = """
import sys, time
import django
django.setup()
from inventory.services import bulk_ledger
def halt(**_):
    print("half-way", flush=True)
    time.sleep(600)
bulk_ledger.post_staged = halt
from django.core.management import call_command
call_command("import_sales", sys.argv[1])
"""


def test_an_import_killed_half_way_leaves_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", LINES, HEADER)
    database = settings.DATABASES["default"]
    url = (
        f"postgresql:///{connection.settings_dict['NAME']}?host={database['HOST']}"
        f"&user={database['USER']}&port={database['PORT']}"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", HALF_WAY, str(path)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "techmart.settings"},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"half-way\n"

    process.send_signal(signal.SIGKILL)
    process.communicate()

    for model in (Transaction, TransactionEvent, Customer, Product, StockMovement, ImportRun):
        assert not model.objects.exists()
    # The lock went with its process, and the file goes in as if nothing had been.
    report = import_sales(path, Mapping(), options=ImportOptions(), now=NOW)
    assert report.imported == Transaction.objects.count() == 400


def test_a_second_import_waits_for_the_first(tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", LINES[:5], HEADER)
    waited: list[float] = []

    def second() -> None:
        try:
            options = ImportOptions(on_wait=lambda: waited.append(time.monotonic()))
            import_sales(path, Mapping(), options=options, now=NOW)
        finally:
            connection.close()

    with transaction.atomic():
        take_import_lock()
        thread = Thread(target=second)
        thread.start()
        while not waited:
            assert thread.is_alive()
            time.sleep(0.01)
        assert not Transaction.objects.exists()
    thread.join(timeout=30)

    assert Transaction.objects.count() == 5
