"""Every row of the table of cached values has a reader, and views are read through theirs alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from analytics import models
from techmart.lib.cache import registry
from techmart.lib.cache.entry import CacheEntry

APPS = ("alerts", "analytics", "inventory", "techmart", "transactions")
ROOT = Path(settings.BASE_DIR)
READER = ROOT / "analytics" / "reports" / "materialized.py"
VIEWS = [
    name
    for name, model in vars(models).items()
    if isinstance(model, type)
    and getattr(getattr(model, "_meta", None), "db_table", "").endswith("_mv")
]
ROWS = [name for name, value in vars(registry).items() if isinstance(value, CacheEntry)]


def _sources() -> Iterator[Path]:
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts and path.name not in {"registry.py", "models.py"}:
                yield path


def _used(path: Path) -> set[str]:
    """Names that a module uses, beside those it only imports."""
    return {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}


USED = {path: _used(path) for path in _sources()}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_a_reader(row: str) -> None:
    assert any(row in names for names in USED.values()), f"{row} is read by nothing"


def test_each_view_has_its_reader_and_no_other() -> None:
    assert len(VIEWS) == 6
    assert set(VIEWS) <= USED[READER]
    others = {
        str(path.relative_to(ROOT)): found
        for path, names in USED.items()
        if path != READER and (found := names & set(VIEWS))
    }
    assert others == {}
