"""ABC and XYZ classes of the range, weekly."""

from datetime import datetime, timedelta

import numpy as np
from django.db import connection, transaction
from django.db.models import F

from alerts.choices import Topic
from alerts.services import publish
from inventory.choices import RunKind, RunStatus, TotalsWindow
from inventory.models import ForecastRun, InventoryPrediction, Product, ProductTotals
from inventory.planner.runs import WHOLE_RANGE, Scope, execute, report_progress
from inventory.planner.staging import stage
from inventory.reorder.classes import abc_classes, xyz_classes
from techmart.lib.cache import Tag, bump_on_commit

EVERY = timedelta(days=7)
_MARGIN = F("gross") - F("refunds") - F("cost")


def classes_due(*, now: datetime) -> bool:
    """Say whether the classes are a week old, or were never worked out."""
    return not ForecastRun.objects.filter(
        kind=RunKind.CLASSES, status=RunStatus.DONE, started_at__gt=now - EVERY
    ).exists()


def assign_product_classes(*, now: datetime, triggered_by: str = "schedule") -> ForecastRun:
    """Sort the active products into ABC by their margin of 365 days and XYZ by their forecasts.

    Only products whose class changes are written; each change leaves an audit entry, except the
    first classes of a range, which change nothing.
    """
    is_first = not ForecastRun.objects.filter(kind=RunKind.CLASSES, status=RunStatus.DONE).exists()

    def work(run: ForecastRun, _scope: Scope) -> None:
        rows = list(
            Product.objects.filter(active=True)
            .order_by("pk")
            .values_list("pk", "abc_class", "xyz_class")
        )
        margins = dict(
            ProductTotals.objects.filter(window=TotalsWindow.YEAR).values_list(
                "product_id", _MARGIN
            )
        )
        errors = dict(InventoryPrediction.objects.values_list("product_id", "wape"))
        keys = [key for key, _, _ in rows]
        present = None if is_first else np.array([current for _, current, _ in rows], dtype=str)
        abc = abc_classes(np.array([float(margins.get(key, 0)) for key in keys]), present)
        wape = np.array([errors.get(key) for key in keys], dtype=float)
        xyz = xyz_classes(wape, np.array([current for _, _, current in rows], dtype=str))
        _write(
            list(zip(keys, map(str, abc), map(str, xyz), strict=True)), is_first=is_first, now=now
        )
        report_progress(run, done=len(rows), total=len(rows))

    return execute(
        RunKind.CLASSES,
        work,
        now=now,
        scope=WHOLE_RANGE,
        triggered_by=triggered_by,
        run_id=None,
    )


_CHANGED = """
SELECT p.id FROM products p JOIN staged_classes s ON s.product_id = p.id
WHERE (p.abc_class, p.xyz_class) <> (s.abc_class, s.xyz_class)
"""
# Locks come in the order in which sales take them.
_LOCK = f"SELECT count(*) FROM ({_CHANGED} ORDER BY p.id FOR NO KEY UPDATE OF p) AS locked"
_CHANGE = f"""
UPDATE products AS p SET abc_class = s.abc_class, xyz_class = s.xyz_class
FROM staged_classes s
WHERE p.id = s.product_id AND p.id IN ({_CHANGED})
"""
_TELL = f"""
INSERT INTO audit_entries
    (at, actor_id, action, subject_kind, subject_id, before, after, reason, request_id)
SELECT %s, NULL, 'product.classify', 'product', p.id,
    jsonb_build_object('abc_class', p.abc_class, 'xyz_class', p.xyz_class),
    jsonb_build_object('abc_class', s.abc_class, 'xyz_class', s.xyz_class),
    'Margin of a year and error of the forecast', ''
FROM products p JOIN staged_classes s ON s.product_id = p.id
WHERE p.id IN ({_CHANGED})
"""
_COLUMNS = {"product_id": "bigint", "abc_class": "text", "xyz_class": "text"}


@transaction.atomic
def _write(classes: list[tuple[int, str, str]], *, is_first: bool, now: datetime) -> None:
    stage("staged_classes", _COLUMNS, classes)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        if not is_first:
            cursor.execute(_TELL, [now])
        cursor.execute(_CHANGE)
        changed = cursor.rowcount
    if changed:
        publish(topic=Topic.STOCK, kind="classified", payload={"products": changed}, now=now)
        bump_on_commit(Tag.PRODUCTS, Tag.STOCK)
