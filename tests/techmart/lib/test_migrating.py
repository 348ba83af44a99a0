"""Migrations whose operations are applied from one state to another, all at once."""

from typing import Any

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from techmart.lib.migrating import AtOnceMigration

pytestmark = pytest.mark.django_db


def table(name: str, *fields: tuple[str, Any]) -> migrations.CreateModel:
    return migrations.CreateModel(
        name, [("id", models.BigAutoField(primary_key=True)), *fields], {"db_table": name.lower()}
    )


def applied(*operations: Any, before: ProjectState | None = None) -> ProjectState:
    """Apply operations as one migration of an app of their own."""
    made_up = type("Migration", (AtOnceMigration,), {"operations": list(operations)})
    migration = made_up("0001_made_up", "made_up")
    with connection.schema_editor() as editor:
        state: ProjectState = migration.apply(before or ProjectState(), editor)
    return state


def columns(name: str) -> dict[str, bool]:
    """Return a table's columns, and which may be NULL."""
    with connection.cursor() as cursor:
        description = connection.introspection.get_table_description(cursor, name)
    return {column.name: bool(column.null_ok) for column in description}


def test_tables_that_hang_together_are_made_and_changed() -> None:
    shelf = table("Shelf", ("label", models.CharField(max_length=9)))
    box = table("Box", ("shelf", models.ForeignKey("made_up.Shelf", models.CASCADE)))

    made = applied(shelf, box)
    changed = applied(
        migrations.AddField("Box", "weight", models.IntegerField(default=1)),
        migrations.AlterField("Shelf", "label", models.CharField(max_length=9, null=True)),
        before=made,
    )

    assert columns("box") == {"id": False, "shelf_id": False, "weight": False}
    assert columns("shelf") == {"id": False, "label": True}
    # What was rendered before is the state before.
    assert "weight" not in made.models["made_up", "box"].fields
    assert changed.apps.get_model("made_up", "Box")._meta.get_field("weight").default == 1


def test_two_operations_on_one_table_fail_loudly() -> None:
    made = applied(table("Shelf"))

    with pytest.raises(LookupError, match="Crate"):
        applied(
            table("Crate"),
            migrations.AddField("Crate", "weight", models.IntegerField(default=1)),
            before=made,
        )
