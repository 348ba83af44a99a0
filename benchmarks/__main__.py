"""Figures beside their limits: `make bench`. BENCH_SCALE multiplies the shops' daily sales."""

import argparse
import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import django
import psutil
from django.core.management import call_command

from benchmarks.measuring import Figure
from benchmarks.servers import bench_servers
from benchmarks.shops import find_shop, make_shop
from techmart.embedded.folders import REPOSITORY
from techmart.embedded.local import names_servers

RESULTS = REPOSITORY / "benchmarks" / "results"
PARTS = ("views", "lists", "predictions", "requests", "imports")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure on servers of its own, or on those that the environment names."""
    options = read_options(arguments)
    scale = float(os.environ.get("BENCH_SCALE", "1"))
    rounds = int(os.environ.get("BENCH_ROUNDS", "7"))
    named = names_servers(os.environ)
    if options.filled and not named:
        raise SystemExit("--filled: name the servers that hold the shops by DATABASE_URL.")
    shop = find_shop if options.filled else partial(make_shop, own_server=not named)
    with bench_servers():
        _measure(options.parts, shop=partial(shop, scale=scale), scale=scale, rounds=rounds)


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return parts: the names of those to measure, and filled: whether to fill no shop.

    arguments: of the command line, None for the process's own. Exits with a word on what is wrong.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"one or more of {', '.join(PARTS)}; all if none"
    )
    parser.add_argument(
        "--filled",
        action="store_true",
        help="measure shops that an earlier run left on the servers of DATABASE_URL",
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    options.parts = options.parts or list(PARTS)
    return options


def _measure(parts: Sequence[str], *, shop: Callable[..., str], scale: float, rounds: int) -> None:
    from benchmarks.sizes import LONG_DAYS, SHORT_DAYS

    load_before = os.getloadavg()
    given = os.environ["DATABASE_URL"]
    # Only the refreshes stand beside those of a shorter history.
    short_url = shop(given, "bench_short", days=SHORT_DAYS) if "views" in parts else ""
    long_url = shop(given, "bench_long", days=LONG_DAYS)
    os.environ["DATABASE_URL"] = long_url
    django.setup()
    # Their models need the settings.
    from benchmarks.imports import measure_import
    from benchmarks.lists import measure_lists
    from benchmarks.predictions import measure_predictions
    from benchmarks.requests import measure_requests
    from benchmarks.views import measure_refreshes

    def requests() -> list[Figure]:
        call_command("collectstatic", interactive=False, verbosity=0)
        return measure_requests(rounds=2 * rounds)

    steps: dict[str, Callable[[], list[Figure]]] = {
        "views": lambda: measure_refreshes(short_url=short_url, long_url=long_url, rounds=rounds),
        "lists": lambda: [measure_lists(rounds=10 * rounds)],
        "predictions": lambda: [measure_predictions(rounds=max(2, rounds // 2))],
        "requests": requests,
        "imports": lambda: [
            measure_import(lines=round(20_000 * scale), rounds=max(2, rounds // 2))
        ],
    }
    figures: list[Figure] = []
    for part in PARTS:
        for figure in steps[part]() if part in parts else []:
            print(figure.line(), flush=True)
            figures.append(figure)
    _write(figures, scale=scale, rounds=rounds, load_before=load_before)


def _write(
    figures: list[Figure], *, scale: float, rounds: int, load_before: tuple[float, float, float]
) -> None:
    now = datetime.now(UTC)
    report = {
        "measured_at": now.isoformat(timespec="seconds"),
        "scale": scale,
        "rounds": rounds,
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
