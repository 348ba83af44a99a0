"""Every figure beside its limit: `make bench`. BENCH_SCALE multiplies the shops' daily sales."""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import django
import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from benchmarks.measuring import Figure
from techmart.embedded.folders import REPOSITORY
from techmart.embedded.local import local_environment, names_servers, use_data_folder

RESULTS = REPOSITORY / "benchmarks" / "results"


def main() -> None:
    """Measure on servers of its own, or on those that the environment names."""
    scale = float(os.environ.get("BENCH_SCALE", "1"))
    rounds = int(os.environ.get("BENCH_ROUNDS", "7"))
    data = Path(tempfile.mkdtemp(prefix="techmart-bench-", dir="/tmp"))
    os.environ.update(
        DJANGO_SETTINGS_MODULE="benchmarks.settings", ALLOWED_HOSTS="127.0.0.1,testserver"
    )
    try:
        use_data_folder(data)
        if names_servers(os.environ):
            _measure(scale=scale, rounds=rounds)
        else:
            with local_environment(data):
                _measure(scale=scale, rounds=rounds)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _measure(*, scale: float, rounds: int) -> None:
    from benchmarks.sizes import LONG_DAYS, SHORT_DAYS

    load_before = os.getloadavg()
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=REPOSITORY,
        check=True,
    )
    given = os.environ["DATABASE_URL"]
    short_url = _shop(given, "bench_short", days=SHORT_DAYS, scale=scale)
    long_url = _shop(given, "bench_long", days=LONG_DAYS, scale=scale)
    os.environ["DATABASE_URL"] = long_url
    django.setup()
    # Their models need the settings.
    from benchmarks.imports import measure_import
    from benchmarks.lists import measure_lists
    from benchmarks.predictions import measure_predictions
    from benchmarks.requests import measure_requests
    from benchmarks.views import measure_refreshes

    steps: list[Callable[[], list[Figure]]] = [
        lambda: measure_refreshes(short_url=short_url, long_url=long_url, rounds=rounds),
        lambda: [measure_lists(rounds=10 * rounds)],
        lambda: [measure_predictions(rounds=max(2, rounds // 2))],
        lambda: measure_requests(rounds=2 * rounds),
        lambda: [measure_import(lines=round(20_000 * scale), rounds=max(2, rounds // 2))],
    ]
    figures: list[Figure] = []
    for step in steps:
        for figure in step():
            print(figure.line(), flush=True)
            figures.append(figure)
    _write(figures, scale=scale, load_before=load_before)


def _shop(given: str, name: str, *, days: int, scale: float) -> str:
    """Make and fill a database beside the given one; return its address."""
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    url = make_conninfo(given, dbname=name)
    print(f"Filling {days:,} days of sales.", flush=True)
    subprocess.run(
        [sys.executable, "-m", "benchmarks.fill", str(days), str(scale)],
        cwd=REPOSITORY,
        env={**os.environ, "DATABASE_URL": url},
        check=True,
    )
    return url


def _write(figures: list[Figure], *, scale: float, load_before: tuple[float, float, float]) -> None:
    now = datetime.now(UTC)
    report = {
        "measured_at": now.isoformat(timespec="seconds"),
        "scale": scale,
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_bytes": psutil.virtual_memory().total,
            "python": platform.python_version(),
            "load_before": load_before,
            "load_after": os.getloadavg(),
        },
        "figures": [{**asdict(figure), "met": figure.met} for figure in figures],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now:%Y-%m-%dT%H%M}.json"
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"Written to {path.relative_to(REPOSITORY)}.")


def _processor() -> str:
    names = Path("/proc/cpuinfo")
    if not names.exists():
        return platform.processor()
    lines = names.read_text(encoding="utf-8").splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), "")


if __name__ == "__main__":
    main()
