"""The moment at which the commands of these tests run."""

from types import SimpleNamespace

import pytest

from techmart.management import import_command
from tests.transactions.importing.files import RUN_AT


@pytest.fixture(autouse=True)
def commands_run_at_a_fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test depend on the day it runs on."""
    monkeypatch.setattr(import_command, "timezone", SimpleNamespace(now=lambda: RUN_AT))
