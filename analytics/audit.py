"""Rollups against the rows they stand for: what differs, and how to put it right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from analytics.rollups import fold
from analytics.rollups.definitions import (
    CATEGORY_DAILY,
    CUSTOMER_STATS,
    PRODUCT_DAILY,
    SALES_HOURLY,
    Rollup,
)
from analytics.rollups.folding import hold_fold_lock
from analytics.rollups.totals import FRESH_TOTALS, TOTALS_VALUES, rebuild_totals

# A twentieth of the keys a night: every key within 20 nights.
NIGHTLY_SHARE = 20
# Buckets compared in one statement.
_CHUNK = 100_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One of `share` equal parts of all keys, by a number or hash of the key."""

    share: int = 1
    turn: int = 0

    @classmethod
    def of_night(cls, day: date) -> "Sample":
        """Return the part whose turn it is on this shop day."""
        return cls(NIGHTLY_SHARE, day.toordinal() % NIGHTLY_SHARE)


EVERYTHING = Sample()


@dataclass(frozen=True, slots=True)
class Difference:
    """A bucket that does not hold what its rows say. stored is empty when the row is missing."""

    rollup: str
    key: tuple[Any, ...]
    stored: dict[str, object]
    expected: dict[str, object]

    def __str__(self) -> str:
        wrong = ", ".join(
            f"{name} {self.stored.get(name, 'missing')} instead of {value}"
            for name, value in self.expected.items()
            if self.stored.get(name) != value
        )
        return f"{self.rollup} {' '.join(map(str, self.key))}: {wrong}"


@dataclass(frozen=True, slots=True)
class _Audited:
    """A rollup with the SQL of all its keys, from base rows and from the rollup itself.

    part: SQL of a number of the key, for samples. pending: condition on a note n that its fold is
    still to come, so that the key f is left out.
    """

    rollup: Rollup
    keys: str
    part: str
    pending: str


_ZONE = "shop_time_zone()"
_AUDITED = (
    _Audited(
        SALES_HOURLY,
        keys=f"""
        SELECT date_trunc('hour', completed_at, {_ZONE}) AS hour, channel
        FROM transactions WHERE completed_at IS NOT NULL
        UNION SELECT date_trunc('hour', a.booked_at, {_ZONE}), x.channel
        FROM adjustments AS a JOIN transactions AS x ON x.id = a.transaction_id
        UNION SELECT hour, channel FROM sales_hourly""",
        part="(extract(epoch FROM hour) / 3600)::bigint",
        pending="n.kind = 1 AND n.hour = f.hour AND n.label = f.channel",
    ),
    _Audited(
        PRODUCT_DAILY,
        keys=f"""
        SELECT product_id, (completed_at AT TIME ZONE {_ZONE})::date AS day
        FROM transactions WHERE completed_at IS NOT NULL
        UNION SELECT product_id, (timestamp AT TIME ZONE {_ZONE})::date
        FROM transactions WHERE status NOT IN ('failed', 'cancelled')
        UNION SELECT x.product_id, (a.booked_at AT TIME ZONE {_ZONE})::date
        FROM adjustments AS a JOIN transactions AS x ON x.id = a.transaction_id
        UNION SELECT product_id, day FROM product_daily""",
        part="product_id",
        pending="n.kind = 2 AND n.subject_id = f.product_id AND n.day = f.day",
    ),
    _Audited(
        CATEGORY_DAILY,
        keys=f"""
        SELECT (x.completed_at AT TIME ZONE {_ZONE})::date AS day, p.category
        FROM transactions AS x JOIN products AS p ON p.id = x.product_id
        WHERE x.completed_at IS NOT NULL
        UNION SELECT (a.booked_at AT TIME ZONE {_ZONE})::date, p.category
        FROM adjustments AS a JOIN transactions AS x ON x.id = a.transaction_id
        JOIN products AS p ON p.id = x.product_id
        UNION SELECT day, category FROM category_daily""",
        part="hashtext(category)::bigint",
        # A product on the move may be in any of them.
        pending="(n.kind = 2 AND n.day = f.day) OR n.kind = 3",
    ),
    _Audited(
        CUSTOMER_STATS,
        keys="""
        SELECT customer_id FROM transactions
        WHERE completed_at IS NOT NULL AND customer_id IS NOT NULL
        UNION SELECT customer_id FROM customer_stats""",
        part="customer_id",
        pending="n.kind = 4 AND n.subject_id = f.customer_id",
    ),
)


def audit_rollups(
    *, now: datetime, sample: Sample = EVERYTHING, repair: bool = False
) -> list[Difference]:
    """Fold what is pending, then compare every bucket of the sample with its base rows.

    repair: write what base rows say. Returns the differences found, repaired or not. Writers need
    not stop: a bucket whose note has not been folded yet is left out.
    """
    fold(now=now)
    differences: list[Difference] = []
    for audited in _AUDITED:
        differences += _differences(audited, sample, repair=repair)
    differences += _differing_totals(sample, repair=repair)
    return differences


def _differences(audited: _Audited, sample: Sample, *, repair: bool) -> list[Difference]:
    found = []
    for keys in _chunks(_keys(audited, sample)):
        with transaction.atomic():
            if repair:
                # Nobody folds between looking and writing.
                hold_fold_lock()
            differing = _compare(audited, _arrays(audited, keys))
            if repair and differing:
                wrong = _arrays(audited, [difference.key for difference in differing])
                with connection.cursor() as cursor:
                    cursor.execute(audited.rollup.write_sql(), wrong)
        found += differing
    return found


def _arrays(audited: _Audited, keys: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    columns = map(list, zip(*keys, strict=True))
    return dict(zip(audited.rollup.parameters, columns, strict=True))


def _keys(audited: _Audited, sample: Sample) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({audited.keys}) AS k "
            f"WHERE %(share)s = 1 OR mod(abs({audited.part}), %(share)s) = %(turn)s "
            f"ORDER BY {', '.join(reversed(audited.rollup.keys))}",
            {"share": sample.share, "turn": sample.turn},
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _compare(audited: _Audited, arrays: dict[str, list[Any]]) -> list[Difference]:
    """Compare in one statement: rollup, base rows and notes are then seen as of one moment."""
    rollup = audited.rollup
    same_key = " AND ".join(f"s.{key} = f.{key}" for key in rollup.keys)
    stored = ", ".join(f"s.{name}" for name in rollup.values)
    expected = ", ".join(f"f.{name}" for name in rollup.values)
    sql = f"""
    WITH {rollup.fresh}
    SELECT {", ".join(f"f.{key}" for key in rollup.keys)}, s.{rollup.keys[0]} IS NULL,
        {stored}, {expected}
    FROM fresh AS f
    LEFT JOIN {rollup.table} AS s ON {same_key}
    WHERE CASE WHEN s.{rollup.keys[0]} IS NULL THEN NOT ({rollup.empty("f")})
          ELSE ({rollup.empty("f")}) OR ({stored}) IS DISTINCT FROM ({expected}) END
        AND NOT EXISTS (SELECT FROM rollup_notes AS n WHERE {audited.pending})
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, arrays)
        rows = cursor.fetchall()
    return [_difference(rollup.table, rollup.keys, rollup.values, row) for row in rows]


def _differing_totals(sample: Sample, *, repair: bool) -> list[Difference]:
    """Compare totals with the days they sum up, in one statement."""
    keys, values = ("product_id", "window"), TOTALS_VALUES
    stored = ", ".join(f"s.{name}" for name in values)
    expected = ", ".join(
        f"f.{name}" if name.endswith("_on") else f"coalesce(f.{name}, 0)" for name in values
    )
    empty = " AND ".join(
        f"coalesce(f.{name}, 0) = 0" for name in values if not name.endswith("_on")
    )
    sql = f"""
    SELECT coalesce(f.product_id, s.product_id), coalesce(f."window", s."window"),
        s.product_id IS NULL, {stored}, {expected}
    FROM ({FRESH_TOTALS}) AS f
    FULL JOIN (
        SELECT * FROM product_totals
        WHERE %(share)s = 1 OR product_id %% %(share)s = %(turn)s
    ) AS s ON s.product_id = f.product_id AND s."window" = f."window"
    WHERE CASE WHEN s.product_id IS NULL THEN NOT ({empty})
          ELSE ({stored}) IS DISTINCT FROM ({expected}) END
    """
    with transaction.atomic():
        hold_fold_lock()
        with connection.cursor() as cursor:
            cursor.execute("SELECT window_day FROM rollup_state")
            window_day = cursor.fetchone()[0]
            parameters = {"window_day": window_day, "share": sample.share, "turn": sample.turn}
            cursor.execute(sql, parameters)
            rows = cursor.fetchall()
        if rows and repair:
            rebuild_totals(**parameters)
    return [_difference("product_totals", keys, values, row) for row in rows]


def _difference(
    table: str, keys: Sequence[str], values: Sequence[str], row: tuple[Any, ...]
) -> Difference:
    key, missing, rest = row[: len(keys)], row[len(keys)], row[len(keys) + 1 :]
    stored, expected = rest[: len(values)], rest[len(values) :]
    return Difference(
        rollup=table,
        key=key,
        stored={} if missing else dict(zip(values, stored, strict=True)),
        expected=dict(zip(values, expected, strict=True)),
    )


def _chunks(rows: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]
