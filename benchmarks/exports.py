"""Rows a second of each kind of file: the list of sales of a synthetic shop, written whole.

python -m benchmarks.exports [--days 4000] [--pdf-days 400]

Prints what a worker reaches within CELERY_TASK_TIME_LIMIT at that speed, and its peak memory.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import django

from benchmarks.servers import bench_servers
from techmart.embedded.folders import REPOSITORY


def main() -> None:
    """Fill a shop, and write its sales in a process of their own for each kind."""
    given = _arguments()
    if given.kind:
        _write(given.kind, given.query)
        return
    with bench_servers(named_too=False):
        _run("benchmarks.fill", str(given.days), "1")
        for kind in ("csv", "xlsx"):
            _run("benchmarks.exports", "--kind", kind)
        _run("benchmarks.exports", "--kind", "pdf", "--query", _newest(given.pdf_days))


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=4_000, help="Of 50 sales each.")
    parser.add_argument("--pdf-days", type=int, default=400)
    parser.add_argument("--kind", default="", help="In a shop that is there: csv, xlsx or pdf.")
    parser.add_argument("--query", default="", help="The list's address after its “?”.")
    return parser.parse_args()


def _newest(days: int) -> str:
    from datetime import UTC, datetime, timedelta

    today = datetime.now(UTC).date()
    return f"from={today - timedelta(days=days)}&to={today}"


def _run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=REPOSITORY, check=True)


def _write(kind: str, query: str) -> None:
    django.setup()
    from urllib.parse import parse_qsl

    from django.conf import settings
    from django.utils import timezone

    from techmart.core.exports.services import snapshot
    from techmart.core.models import User
    from techmart.lib.export import Format, write_file
    from transactions.exports import sales_table

    before = _peak_megabytes()
    with tempfile.TemporaryDirectory() as folder, snapshot():
        path = Path(folder) / f"sales.{kind}"
        began, worked = time.perf_counter(), time.process_time()
        table = sales_table(dict(parse_qsl(query)), User(), timezone.now())
        write_file(table, path, Format(kind))
        seconds, worked = time.perf_counter() - began, time.process_time() - worked
        size = path.stat().st_size
    speed = table.row_count / seconds
    print(
        f"{kind:5} {table.row_count:8,} rows {seconds:7.1f} s ({worked:.1f} s of work here) "
        f"{speed:8,.0f} rows/s {size / 1e6:6.1f} MB, "
        f"peak {_peak_megabytes():,.0f} MB ({before:,.0f} before), "
        f"within the limit {speed * settings.CELERY_TASK_TIME_LIMIT:,.0f} rows",
        flush=True,
    )


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
