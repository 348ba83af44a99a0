"""Counted stock into the ledger: every count kept, every difference booked."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from django.conf import settings
from django.db import connection, transaction

from inventory.services.bulk_counts import post_counts
from inventory.services.ledger import InsufficientStock
from inventory.services.stock_alerts import review_all_stock_alerts
from transactions.choices import ImportKind
from transactions.importing import cells, fields, frames
from transactions.importing.engine import take_import_lock
from transactions.importing.judging import Judgement
from transactions.importing.mapping import Mapping, MappingError
from transactions.importing.reading import LINE, TextTable, read_table
from transactions.importing.refusals import Reason, untolerated
from transactions.importing.report import Outcome, Report
from transactions.importing.runs import ImportOptions, close_run, open_run

_PRODUCTS = "SELECT upper(sku), id FROM products WHERE upper(sku) = ANY(%s)"
_COUNTS = """
SELECT product_id, counted_units::bigint, (extract(epoch FROM counted_at) * 1000000)::bigint
FROM stock_counts WHERE product_id = ANY(%s)
"""
_KEY = ("product_id", "at")


@transaction.atomic
def import_stock(path: Path, mapping: Mapping, *, options: ImportOptions, now: datetime) -> Report:
    """Import counts; all of them or none, unless bad lines are skipped.

    A count is known by its product and moment. `imported` counts the counts kept, also those
    that agree with the books. Raises UnreadableFile, MappingError, OSError.
    """
    options.progress("reading", 0)
    table = read_table(path, mapping.file)
    take_import_lock(options.on_wait)
    file = _judged(table, mapping, now=now)
    run = open_run(ImportKind.STOCK, path, table, now=now)
    options.progress("counts", 0)
    movements, short = _posted(file.counts, now=now)
    file.judged.refuse(
        file.lines, pl.col("product_id").is_in(short), "counted_units", Reason.INSUFFICIENT_STOCK
    )
    tolerated = list(Reason) if options.skip_bad else list(mapping.lines.expected_refusals)
    refusals = file.judged.refusals()
    refused = bool(untolerated(refusals["reason"], tolerated))
    counts = file.counts.filter(~pl.col("product_id").is_in(short))
    lines = file.lines.filter(~pl.col("product_id").is_in(short))
    outcome = Outcome.DRY_RUN if options.dry_run else Outcome.DONE
    report = Report(
        source=path.name,
        fingerprint=table.fingerprint,
        outcome=Outcome.REFUSED if refused else outcome,
        lines=table.lines,
        imported=counts.height,
        merged=lines.filter(~pl.col("known")).height - counts.height,
        returned=0,
        already_known=lines.filter("known").height,
        refused_cells=refusals,
        facts={"movements": movements},
    )
    if report.outcome is not Outcome.DONE:
        transaction.set_rollback(True)
        return report
    review_all_stock_alerts(now=now)
    return close_run(run, report)


@dataclass(frozen=True, slots=True)
class _StockFile:
    """lines: those that stand, with `known`. counts: the new ones, one row a product and time."""

    lines: pl.DataFrame
    counts: pl.DataFrame
    judged: Judgement


def _posted(counts: pl.DataFrame, *, now: datetime) -> tuple[int, list[int]]:
    """Post counts, the earlier ones of a product first; leave out products that would go short.

    Returns the movements written and the products left out.
    """
    short: list[int] = []
    while True:
        try:
            with transaction.atomic():
                left = counts.filter(~pl.col("product_id").is_in(short)).sort("counted_at")
                turn = pl.int_range(pl.len()).over("product_id")
                rounds = left.with_columns(turn=turn).partition_by("turn", maintain_order=True)
                return sum(post_counts(part, now=now) for part in rounds), short
        except InsufficientStock as error:
            short.extend(shortage.product_id for shortage in error.shortages)


def _judged(table: TextTable, mapping: Mapping, *, now: datetime) -> _StockFile:
    columns = fields.columns_of_fields(table, mapping, fields.STOCK_FIELDS)
    given = {*columns, *mapping.constants}
    for name in ("sku", "counted_units", "counted_at"):
        if name not in given:
            raise MappingError(
                f"Nothing is mapped to {name}: add it under [columns]"
                + (", or say --counted-at." if name == "counted_at" else ".")
            )
    judged = Judgement(table, columns)
    frame = fields.field_frame(table, mapping, columns)
    lines = judged.standing(_typed(frame, mapping, judged, now=now))
    lines = _resolved(lines, judged)
    lines = _once(lines, judged)
    counts = (
        lines.filter(~pl.col("known"))
        .unique(_KEY, keep="first", maintain_order=True)
        .select("product_id", "counted_units", "counted_at", "reason")
    )
    return _StockFile(lines, counts, judged)


def _typed(
    frame: pl.DataFrame, mapping: Mapping, judged: Judgement, *, now: datetime
) -> pl.DataFrame:
    for name in ("sku", "counted_units", "counted_at"):
        judged.refuse_missing(frame, name)
    read = {
        name: cells.text_cells(frame, name, longest=limit.longest)
        for name, limit in fields.STOCK_TEXTS.items()
        if name in frame.columns
    }
    read["counted_units"] = cells.unit_cells(frame, "counted_units", mapping.file)
    read["counted_at"] = cells.time_cells(
        frame, "counted_at", mapping.time, shop_zone=settings.TIME_ZONE, now=now
    )
    for part in read.values():
        judged.add(part.refused)
    lines = pl.DataFrame({LINE: frame[LINE], **{name: part.values for name, part in read.items()}})
    if "reason" not in read:
        lines = lines.with_columns(reason=pl.lit("Counted"))
    judged.refuse(lines, pl.col("counted_units") < 0, "counted_units", Reason.OUT_OF_RANGE)
    return lines.with_columns(
        pl.col("reason").fill_null("Counted"),
        sku_key=pl.col("sku").str.to_uppercase(),
        counted_at=pl.col("counted_at").cast(frames.UTC_TIME),
        at=pl.col("counted_at").dt.epoch("us"),
    )


def _resolved(lines: pl.DataFrame, judged: Judgement) -> pl.DataFrame:
    """Add product_id, and whether the very count is known; refuse what contradicts one."""
    with connection.cursor() as cursor:
        cursor.execute(_PRODUCTS, [lines["sku_key"].unique().to_list()])
        products = pl.DataFrame(
            cursor.fetchall(), schema={"sku_key": pl.String, "product_id": pl.Int64}, orient="row"
        )
        cursor.execute(_COUNTS, [products["product_id"].to_list()])
        counts = pl.DataFrame(
            cursor.fetchall(),
            schema={"product_id": pl.Int64, "known_units": pl.Int64, "at": pl.Int64},
            orient="row",
        ).unique(_KEY, keep="first", maintain_order=True)
    lines = lines.join(products, on="sku_key", how="left", maintain_order="left")
    judged.refuse(lines, pl.col("product_id").is_null(), "sku", Reason.UNKNOWN_PRODUCT)
    lines = lines.join(counts, on=_KEY, how="left", maintain_order="left")
    other = pl.col("known_units") != pl.col("counted_units")
    judged.refuse(lines, other, "counted_units", Reason.CONFLICT)
    return judged.standing(lines.with_columns(known=pl.col("known_units").is_not_null()))


def _once(lines: pl.DataFrame, judged: Judgement) -> pl.DataFrame:
    """Refuse a second count of a product at the same moment that found something else."""
    other = pl.col("counted_units") != pl.col("counted_units").first().over(_KEY)
    judged.refuse(lines, other, "counted_units", Reason.REPEATED)
    return judged.standing(lines)
