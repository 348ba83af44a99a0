"""A sales file into the database, every line accounted for."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings
from django.db import connection, transaction

from inventory.services.stock_alerts import review_all_stock_alerts
from transactions.choices import ImportKind
from transactions.importing.engine import (
    ImportRefused,
    LoadResult,
    LoadRules,
    SalesBatch,
    load_sales,
    take_import_lock,
)
from transactions.importing.mapping import Mapping
from transactions.importing.reading import LINE, read_table
from transactions.importing.recent_alerts import raise_recent_alerts
from transactions.importing.refusals import Reason, untolerated
from transactions.importing.report import Outcome, Report
from transactions.importing.runs import ImportOptions, close_run, open_run
from transactions.importing.sales import RETURN, SALE, SalesFile, read_sales
from transactions.models import ImportRun
from transactions.services.fraud_statistics import refresh_fraud_statistics

# Whose cell to show for what the database had to say about a line.
_FIELD_OF = {
    Reason.UNKNOWN_PRODUCT: "sku",
    Reason.UNKNOWN_CUSTOMER: "customer",
    Reason.ANONYMOUS_RETURN: "customer",
    Reason.INSUFFICIENT_STOCK: "quantity",
}


@transaction.atomic
def import_sales(path: Path, mapping: Mapping, *, options: ImportOptions, now: datetime) -> Report:
    """Import a file; all of it or nothing, unless its bad lines are skipped.

    Rollups are not folded here. Raises UnreadableFile, MappingError, OSError.
    """
    options.progress("reading", 0)
    table = read_table(path, mapping.file)
    file = read_sales(
        table,
        mapping,
        shop_zone=settings.TIME_ZONE,
        shop_currency=settings.SHOP_CURRENCY,
        now=now,
    )
    take_import_lock(options.on_wait)
    run = open_run(ImportKind.SALES, path, table, now=now)
    tolerated = list(Reason) if options.skip_bad else list(mapping.lines.expected_refusals)
    refused = bool(untolerated(file.refused["reason"], tolerated))
    try:
        result = _load(file, mapping, run, options, now, tolerated=tolerated, judge_only=refused)
    except ImportRefused as refusal:
        result, refused = refusal.judged, True
    columns = dict(mapping.columns)
    report = _report(path, table.fingerprint, file, result, mapping, columns)
    if refused or options.dry_run:
        transaction.set_rollback(True)
        return report(Outcome.REFUSED if refused else Outcome.DRY_RUN, {})
    _analyze()
    refresh_fraud_statistics(now=now)
    facts = {
        "import_run": run.pk,
        "stock_alerts": review_all_stock_alerts(now=now),
        "fraud_alerts": raise_recent_alerts(run, now=now),
    }
    return close_run(run, report(Outcome.DONE, facts))


def _analyze() -> None:
    """Let everything that follows be planned for what is there now, not for an empty shop."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE customers, products, transactions, transaction_events, adjustments, "
            "stock_movements"
        )


def _load(
    file: SalesFile,
    mapping: Mapping,
    run: ImportRun,
    options: ImportOptions,
    now: datetime,
    *,
    tolerated: list[Reason],
    judge_only: bool,
) -> LoadResult:
    return load_sales(
        SalesBatch(
            sales=file.sales,
            returns=file.returns,
            products=file.products,
            customers=file.customers,
        ),
        rules=LoadRules(
            opening=mapping.stock.opening,
            shortage=mapping.stock.shortage,
            match_anonymous_returns=mapping.returns.anonymous == "match",
            restock_returns=mapping.returns.restock,
            tolerated=tolerated,
            judge_only=judge_only,
        ),
        run=run,
        now=now,
        progress=options.progress,
    )


def _report(
    path: Path,
    fingerprint: str,
    file: SalesFile,
    result: LoadResult,
    mapping: Mapping,
    columns: dict[str, str],
) -> Callable[[Outcome, dict[str, Any]], Report]:
    """Settle what became of each line; the outcome and its facts come last."""
    lines = file.accepted
    late = lines.join(result.refused, on=["kind", "reference"], how="inner")
    standing = lines.join(late, on=LINE, how="anti")
    known = pl.col("reference").is_in
    is_known = (
        pl.when(pl.col("kind") == SALE)
        .then(known(result.known_sales.implode()))
        .otherwise(known(result.known_returns.implode()))
    )
    already_known = standing.filter(is_known).height
    new = standing.filter(~is_known)
    sales = new.filter(pl.col("kind") == SALE)
    facts = {
        "sales_refunded": result.adjustments,
        "suspicious": result.suspicious,
        "products_created": result.products.created,
        "suppliers_created": result.products.suppliers_created,
        "customers_created": result.customers_created,
        "openings_inferred": result.openings_inferred,
        "exact_duplicates": file.exact_duplicates,
        "time_zone": mapping.time.zone or settings.TIME_ZONE,
        "times_in_an_hour_shown_twice": file.ambiguous_times,
        "times_in_a_skipped_hour": file.shifted_times,
    }

    def settled(outcome: Outcome, further: dict[str, Any]) -> Report:
        return Report(
            source=path.name,
            fingerprint=fingerprint,
            outcome=outcome,
            lines=file.lines,
            imported=result.imported,
            merged=sales.height - result.imported,
            returned=new.filter(pl.col("kind") == RETURN).height,
            already_known=already_known,
            refused_cells=pl.concat([file.refused, _cells(late, columns)]),
            facts={**facts, **further},
        )

    return settled


def _cells(late: pl.DataFrame, columns: dict[str, str]) -> pl.DataFrame:
    """Turn refused references into refused cells."""
    fields = {
        str(reason): columns.get(name, name)
        for reason in Reason
        for name in [_FIELD_OF.get(reason, "reference")]
    }
    return late.select(
        LINE,
        column=pl.col("reason").replace_strict(fields, return_dtype=pl.String),
        value="reference",
        reason="reason",
    )
