"""`manage.py import_sales`: another system's sales, returns and cancellations."""

from datetime import datetime
from pathlib import Path

from analytics import refresh, rollups
from techmart.management.import_command import ImportCommand
from transactions.importing.fields import SALES_FIELDS
from transactions.importing.mapping import Mapping
from transactions.importing.report import Report
from transactions.importing.runs import ImportOptions
from transactions.importing.sales_import import import_sales


class Command(ImportCommand):
    """Import a sales file; see docs/operations/importing.md."""

    help = "Import order lines from CSV or Parquet; docs/operations/importing.md says how."
    known_fields = SALES_FIELDS
    noun = "sales"

    def import_file(
        self, path: Path, mapping: Mapping, options: ImportOptions, now: datetime
    ) -> Report:
        """Import in one transaction."""
        return import_sales(path, mapping, options=options, now=now)

    def after(self, now: datetime) -> None:
        """Bring numbers and pages up to the import, so that they are right when this ends."""
        if rollups.fold(now=now).changed:
            refresh.refresh_all_views(now=now, triggered_by="import")
