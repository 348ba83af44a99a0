"""`manage.py import_stock`: counted stock."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from techmart.management.import_command import ImportCommand
from transactions.importing.fields import STOCK_FIELDS
from transactions.importing.mapping import Mapping
from transactions.importing.report import Report
from transactions.importing.runs import ImportOptions
from transactions.importing.stock_import import import_stock


class Command(ImportCommand):
    """Import counts; see docs/operations/importing.md."""

    help = "Book counted stock from CSV or Parquet; docs/operations/importing.md says how."
    known_fields = STOCK_FIELDS
    noun = "counted stock"

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the moment of a count whose file does not say it."""
        super().add_arguments(parser)
        parser.add_argument(
            "--counted-at",
            metavar="TIME",
            help="When it was counted, as [time] formats has it; for lines that do not say.",
        )

    def adjusted(self, mapping: Mapping, options: dict[str, Any]) -> Mapping:
        """Give every line without a moment the one that was said."""
        if options["counted_at"] is None:
            return mapping
        constants = {**mapping.constants, "counted_at": options["counted_at"]}
        return replace(mapping, constants=constants)

    def import_file(
        self, path: Path, mapping: Mapping, options: ImportOptions, now: datetime
    ) -> Report:
        """Import in one transaction."""
        return import_stock(path, mapping, options=options, now=now)
