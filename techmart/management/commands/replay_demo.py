"""`manage.py replay_demo`: the demo shop's sales from now on, at real pace, through the API."""

import logging
import os
import time
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from techmart.demo.access import replay_token
from techmart.demo.dataset import DatasetMissing, read_dataset
from techmart.demo.feed import BATCH, Feed
from techmart.demo.finishing import keep_supplied
from techmart.demo.loader import cut_of, demo_run, shift_of
from techmart.demo.replay import Clock, Year, sale_body
from techmart.demo.shift import WEEK, week_starts
from techmart.demo.weeks import all_lines, sellable
from transactions.choices import ImportStatus
from transactions.models import ImportRun

logger = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(seconds=30)
SUPPLY_EVERY = timedelta(hours=1)


class Command(BaseCommand):
    """Post what fell due while it was off, then each sale when it happens; runs until stopped."""

    help = "Replay the demo shop's held-back sales as live ones. REPLAY_SPEED or --speed hurries."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the speed and the address of the site."""
        parser.add_argument(
            "--speed", type=float, default=os.environ.get("REPLAY_SPEED") or 1.0, metavar="X"
        )
        parser.add_argument("--address", default=f"http://127.0.0.1:{settings.PORT}")

    def handle(self, *_args: Any, speed: float, address: str, **_options: Any) -> None:
        """Replay for ever."""
        if speed <= 0:
            raise CommandError("--speed (or REPLAY_SPEED) must be more than 0.")
        run = demo_run()
        if run is None or run.status != ImportStatus.DONE:
            raise CommandError("The demo shop is not loaded yet. Run load_demo first.")
        try:
            dataset = read_dataset()
        except DatasetMissing as error:
            raise CommandError(str(error)) from error
        shift = shift_of(run)
        year = Year(
            lines=sellable(all_lines(dataset)),
            shift=shift,
            first_monday=week_starts(dataset.first, dataset.last)[0] + WEEK,
            last=dataset.last,
        )
        start = run.state.get("replayed_through")
        position = datetime.fromisoformat(start) if start else shift.to_shop(cut_of(run))
        feed = Feed(address=address, token=replay_token(now=timezone.now()))
        self._replay(run, year, feed, position=position, speed=speed)

    def _replay(
        self, run: ImportRun, year: Year, feed: Feed, *, position: datetime, speed: float
    ) -> None:
        now = timezone.now()
        # What fell due while the replay was off is due at once, at whatever speed.
        clock = Clock(started_at=now, position=max(position, now), speed=speed)
        supplied_at = now - SUPPLY_EVERY
        while True:
            now = timezone.now()
            position = self._post_due(run, year, feed, position, clock.read(now))
            if now - supplied_at >= SUPPLY_EVERY / speed:
                keep_supplied(now=now)
                supplied_at = now
            wait = min(clock.until(year.next_after(position), timezone.now()), LONGEST_WAIT)
            time.sleep(max(wait.total_seconds(), 0.2))

    def _post_due(
        self, run: ImportRun, year: Year, feed: Feed, start: datetime, end: datetime
    ) -> datetime:
        """Post the lines of [start, end) batch by batch, remembering each; return `end`."""
        due = year.due(start, end)
        while batch := list(islice(due, BATCH)):
            now = timezone.now()
            posted = feed.post(
                [sale_body(row, currency=settings.SHOP_CURRENCY, now=now) for row in batch]
            )
            # Not past the last line: others of the same second may follow in the next batch.
            self._remember(run, batch[-1]["at"])
            logger.info("replayed %s", posted.statuses)
        self._remember(run, end)
        return end

    def _remember(self, run: ImportRun, position: datetime) -> None:
        run.state |= {"replayed_through": position.isoformat()}
        run.save(update_fields=["state"])
