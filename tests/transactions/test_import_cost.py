"""What a web process loads to score a sale: nothing heavy."""

import subprocess
import sys

_LOADED = """
import django
django.setup()
import transactions.services
import transactions.views
heavy = {"scipy", "xgboost", "sklearn", "pandas"}
print(*sorted(heavy & set(__import__("sys").modules)))
"""


def test_scoring_loads_no_training_library() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", _LOADED],
        check=True,
        capture_output=True,
        text=True,
        env={"DJANGO_SETTINGS_MODULE": "techmart.settings", "DEBUG": "1"},
    )

    assert loaded.stdout.split() == []
