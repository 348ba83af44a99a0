"""`manage.py load_demo`: load the demo shop, or go on loading it."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from techmart.demo.dataset import DatasetMissing, read_dataset
from techmart.demo.loader import LoadRunning, ShopNotEmpty, Step, load_demo
from techmart.lib.locks import wait_for_lock
from techmart.supervisor.demo import PREPARING
from transactions.models import ImportRun


class Command(BaseCommand):
    """Load week by week, oldest first; stopped anywhere, the next call goes on there."""

    help = (
        "Load the demo shop from a public grocery data set. DEMO_WEEKS or --weeks limits it to "
        "the newest weeks; the first call decides."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number of weeks."""
        parser.add_argument(
            "--weeks", type=int, default=os.environ.get("DEMO_WEEKS") or None, metavar="N"
        )

    def handle(self, *_args: Any, weeks: int | None, **_options: Any) -> None:
        """Load, with a progress bar on a terminal and a line a step elsewhere."""
        if weeks is not None and weeks < 1:
            raise CommandError("--weeks (or DEMO_WEEKS) must be 1 or more.")
        console = Console(stderr=True)
        progress = Progress(
            TextColumn("Loading the demo shop"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} sales"),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=console,
            disable=not console.is_terminal,
        )
        task = progress.add_task("reading", total=None)

        def report(step: Step) -> None:
            # Not before there is something to show: in the demo the sign-in is printed meanwhile.
            progress.start()
            progress.update(
                task,
                completed=step.lines_done,
                total=step.lines_total,
                description=step.doing,
            )
            if not console.is_terminal:
                clock = f"{timezone.localtime():%H:%M:%S}"
                self.stderr.write(
                    f"{clock} {step.doing}: {step.lines_done:,} of {step.lines_total:,} sales"
                )

        try:
            # Reading takes seconds that a database in the making has to spare.
            dataset = None if _has_tables() else read_dataset()
            wait_for_lock(PREPARING)
            load_demo(weeks=weeks, now=timezone.now(), report=report, dataset=dataset)
        except (DatasetMissing, LoadRunning, ShopNotEmpty) as error:
            raise CommandError(str(error)) from error
        finally:
            progress.stop()


def _has_tables() -> bool:
    with connection.cursor() as cursor:
        return ImportRun._meta.db_table in connection.introspection.table_names(cursor)
