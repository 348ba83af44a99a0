"""Migrations that start a database quickly."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class AtOnceMigration(migrations.Migration):
    """A migration whose operations concern different things, so that their order means nothing.

    Django renders every model that hangs together anew after each operation: of our tables that
    takes five times as long as to create them. Here all operations go from the state before the
    migration to the state after it, and models are rendered once. Two operations on one thing,
    such as creating a table and adding a field to it, fail: there was no such table before.
    """

    def apply(
        self,
        project_state: ProjectState,
        schema_editor: BaseDatabaseSchemaEditor,
        collect_sql: bool = False,
    ) -> ProjectState:
        """Run the operations; return the state after them."""
        if collect_sql:
            return super().apply(project_state, schema_editor, collect_sql)
        after = project_state.clone()
        # What is rendered already would be rendered anew by each operation.
        vars(after).pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(self.app_label, after)
        for operation in self.operations:
            operation.database_forwards(self.app_label, schema_editor, project_state, after)
        return after
