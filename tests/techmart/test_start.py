"""What every process imports at its start stays light."""

import os
import subprocess
import sys

from techmart.embedded.folders import REPOSITORY

# Worth a second of each process; they belong where the few jobs that use them begin.
HEAVY = {"openpyxl", "pandas", "pyarrow", "scipy", "sklearn", "xgboost"}
_IMPORTED = """
import sys
import django
django.setup()
import techmart.urls
from techmart.celery import app
app.loader.import_default_modules()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_neither_pages_nor_jobs_import_heavy_libraries_before_they_need_them() -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "techmart.settings",
        "DATABASE_URL": "postgresql:///nowhere",
        "CACHE_URL": "redis://nowhere",
        "BROKER_URL": "redis://nowhere",
        "SECRET_KEY": "never used",
    }

    done = subprocess.run(
        [sys.executable, "-c", _IMPORTED],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    imported = set(done.stdout.split())
    assert {"django", "inventory", "analytics", "transactions"} <= imported
    assert imported & HEAVY == set()
