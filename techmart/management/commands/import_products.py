"""`manage.py import_products`: another system's catalogue."""

from datetime import datetime
from pathlib import Path

from analytics import refresh, rollups
from techmart.management.import_command import ImportCommand
from transactions.importing.fields import PRODUCT_FIELDS
from transactions.importing.mapping import Mapping
from transactions.importing.products_import import import_products
from transactions.importing.report import Report
from transactions.importing.runs import ImportOptions


class Command(ImportCommand):
    """Import a product file; see docs/operations/importing.md."""

    help = "Create and correct products from CSV or Parquet; docs/operations/importing.md says how."
    known_fields = PRODUCT_FIELDS
    noun = "products"

    def import_file(
        self, path: Path, mapping: Mapping, options: ImportOptions, now: datetime
    ) -> Report:
        """Import in one transaction."""
        return import_products(path, mapping, options=options, now=now)

    def after(self, now: datetime) -> None:
        """Bring numbers and pages up to products that changed category."""
        if rollups.fold(now=now).changed:
            refresh.refresh_all_views(now=now, triggered_by="import")
