"""Migrations run forward and back; what they leave in the database has its names and reasons."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunSQL
from django.db.models import Model

OUR_APPS = ("analytics", "transactions", "inventory", "alerts", "core")
SPECIFIED_INDEXES = {
    "idx_transactions_customer_timestamp",
    "idx_transactions_product_timestamp",
    "idx_transactions_suspicious",
    "idx_transactions_fraud_score",
    "idx_transactions_status_timestamp",
    "idx_products_stock_low",
    "idx_products_reorder_threshold",
    "idx_products_category",
    "idx_products_supplier_id",
}
_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm')
"""
_FUNCTIONS = """
SELECT p.proname FROM pg_proc AS p
WHERE p.pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"


def _rows(sql: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _names(sql: str) -> set[str]:
    return {row[0] for row in _rows(sql)}


@pytest.fixture
def migrated_again() -> Iterator[None]:
    """Leave the database as the other tests expect it, whatever happened."""
    yield
    call_command("migrate", verbosity=0, interactive=False)


@pytest.mark.django_db(transaction=True)
def test_migrations_run_back_to_nothing_and_forward_again(migrated_again: None) -> None:
    tables, functions, indexes = _names(_TABLES), _names(_FUNCTIONS), set(_rows(_INDEXES))
    ours = {model._meta.db_table for label in OUR_APPS for model in _models(label)}

    executor = MigrationExecutor(connection)
    # Everything that stands on our users goes with them.
    executor.migrate([(label, None) for label in OUR_APPS])

    assert not ours & _names(_TABLES)
    assert not _names(_FUNCTIONS)

    call_command("migrate", verbosity=0, interactive=False)
    assert _names(_TABLES) == tables
    assert _names(_FUNCTIONS) == functions
    assert set(_rows(_INDEXES)) == indexes


def _models(label: str) -> list[type[Model]]:
    return list(apps.get_app_config(label).get_models())


@pytest.mark.django_db
def test_the_nine_indexes_of_the_specification_exist() -> None:
    assert _names(_INDEXES) >= SPECIFIED_INDEXES


@pytest.mark.django_db
def test_at_least_forty_indexes_have_names_of_ours() -> None:
    assert len([name for name in _names(_INDEXES) if name.startswith("idx_")]) >= 40


def _commented(lines: list[str], line: int) -> bool:
    return lines[line - 2].strip().startswith("#")


def _model_files() -> list[Path]:
    folders = [Path(apps.get_app_config(label).path) for label in OUR_APPS]
    return [
        path
        for folder in folders
        for path in [*folder.glob("models.py"), *sorted(folder.glob("models/*.py"))]
    ]


def _indexes_without_comment(path: Path) -> list[str]:
    """Indexes in `Meta.indexes` that no comment stands over, as source text.

    One comment may stand over two that answer one query together: then the second has none.
    """
    text = path.read_text()
    lines = text.splitlines()
    bare: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.List):
            continue
        if [target.id for target in node.targets if isinstance(target, ast.Name)] != ["indexes"]:
            continue
        bare += [
            lines[item.lineno - 1].strip()
            for item in node.value.elts
            if not _commented(lines, item.lineno)
        ]
    return bare


@pytest.mark.parametrize("path", _model_files(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_index_says_which_query_it_serves(path: Path) -> None:
    assert _indexes_without_comment(path) == []


def _bare_index_statements(path: Path) -> list[str]:
    """Names of constants that create a plain index and that no comment stands over."""
    text = path.read_text()
    lines = text.splitlines()
    return [
        ast.unparse(node.targets[0])
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and "CREATE INDEX" in str(node.value.value)
        and not _commented(lines, node.lineno)
    ]


@pytest.mark.parametrize("label", OUR_APPS)
def test_every_index_made_by_sql_says_which_query_it_serves(label: str) -> None:
    folder = Path(apps.get_app_config(label).path) / "migrations"
    assert {path.name: _bare_index_statements(path) for path in folder.glob("0*.py")} == {
        path.name: [] for path in folder.glob("0*.py")
    }


def test_every_statement_of_ours_can_be_undone() -> None:
    loader = MigrationLoader(None)
    one_way = [
        str(migration)
        for (label, _), migration in loader.disk_migrations.items()
        if label in OUR_APPS
        for operation in migration.operations
        if isinstance(operation, RunSQL) and operation.reverse_sql is None
    ]
    assert one_way == []
