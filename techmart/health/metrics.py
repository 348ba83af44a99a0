"""Figures for Prometheus: what the code counted, and the state of the house at this moment."""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import DatabaseError, InterfaceError
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from alerts.stream import stream_states
from techmart.health.page import drift_rows, queue_rows, view_rows
from techmart.health.probes import probe_all

CONTENT_TYPE = CONTENT_TYPE_LATEST
MULTIPROCESS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

Sample = tuple[str, float | None]


def exposition(*, now: datetime) -> bytes:
    """Return all figures as Prometheus reads them.

    With PROMETHEUS_MULTIPROC_DIR set, those of every process that counts into it.
    """
    counted: CollectorRegistry = REGISTRY
    if MULTIPROCESS_FOLDER in os.environ:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]  # registers itself
    state = CollectorRegistry()
    state.register(StateCollector(now=now))
    return generate_latest(counted) + generate_latest(state)


class StateCollector(Collector):
    """Gauges read at the moment of the scrape, so that no process has to keep them.

    Without the database only the parts are told, of which it is one.
    """

    def __init__(self, *, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterable[Metric]:
        """Return the gauges."""
        probes = probe_all()
        yield _gauge("up", "Whether a part answers.", "part", ((p.key, p.ok) for p in probes))
        if not probes[0].ok:
            return
        try:
            yield from list(self._from_database())
        except (DatabaseError, InterfaceError):
            # It went away between the two; the next scrape says so.
            return

    def _from_database(self) -> Iterator[Metric]:
        views, queues = view_rows(), queue_rows(now=self.now)
        yield _gauge(
            "view_age_seconds",
            "Since the last refresh of a materialized view.",
            "view",
            ((row.name, self._age(row.refreshed_at)) for row in views),
        )
        yield _gauge(
            "view_limit_seconds",
            "Age of a view at which it is late.",
            "view",
            ((row.name, row.limit_seconds) for row in views),
        )
        yield _gauge(
            "queue_depth", "Jobs that wait.", "queue", ((row.name, row.depth) for row in queues)
        )
        yield _gauge(
            "queue_oldest_seconds",
            "Age of the job that waits longest.",
            "queue",
            ((row.name, row.oldest_seconds) for row in queues),
        )
        yield _gauge(
            "queue_heartbeat_age_seconds",
            "Since a heartbeat came through a queue.",
            "queue",
            ((row.name, self._age(row.heartbeat_at)) for row in queues),
        )
        yield _gauge(
            "events_unsent",
            "Numbered events that no announcement has told.",
            "topic",
            ((row.topic, row.unsent) for row in stream_states()),
        )
        audits = drift_rows()
        yield _gauge(
            "audit_differences",
            "What an audit found last.",
            "audit",
            ((row.name, row.differences) for row in audits if row.ok is not None),
        )
        yield _gauge(
            "audit_age_seconds",
            "Since an audit last ran.",
            "audit",
            ((row.name, self._age(row.checked_at)) for row in audits),
        )

    def _age(self, moment: datetime | None) -> float | None:
        return None if moment is None else (self.now - moment).total_seconds()


def _gauge(name: str, text: str, label: str, samples: Iterable[Sample]) -> Metric:
    """Return a gauge with a sample for each value that is known."""
    family = GaugeMetricFamily(f"techmart_{name}", text, labels=[label])
    for key, value in samples:
        if value is not None:
            family.add_metric([key], float(value))
    return family
