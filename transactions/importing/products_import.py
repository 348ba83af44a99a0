"""A product file into the catalogue: created when unknown, corrected when it differs."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from django.db import connection, transaction

from inventory.services.bulk_products import (
    ENSURE_COLUMNS,
    LOGISTICS_COLUMNS,
    BulkProducts,
    upsert_products,
)
from transactions.choices import ImportKind
from transactions.importing import cells, fields
from transactions.importing.engine import take_import_lock
from transactions.importing.judging import Judgement
from transactions.importing.mapping import Mapping, MappingError
from transactions.importing.reading import LINE, TextTable, read_table
from transactions.importing.refusals import Reason, untolerated
from transactions.importing.report import Outcome, Report
from transactions.importing.runs import ImportOptions, close_run, open_run

# Field of the file → column of the frame, and decimal places counted in it.
_SCALED = {
    "price": ("price_e4", 4),
    "unit_cost": ("unit_cost_e4", 4),
    "lead_time_days": ("lead_time_e2", 2),
}
_UNITS = {"pack_size": 1, "minimum_order_quantity": 1, "stock_cap": 0}
# Longest lead time the column holds, in hundredths of a day.
_LONGEST_LEAD_E2 = 999_999
_CENT_E4 = 100
_KNOWN = "SELECT upper(sku) FROM products WHERE upper(sku) = ANY(%s)"
_KNOWN_SUPPLIERS = "SELECT code FROM suppliers WHERE code = ANY(%s)"


@transaction.atomic
def import_products(
    path: Path, mapping: Mapping, *, options: ImportOptions, now: datetime
) -> Report:
    """Import a product file; all of it or nothing, unless its bad lines are skipped.

    An empty cell leaves an existing product's field as it is. `imported` counts products created
    or changed, `already_known` those that are so already, `merged` lines that repeat another.
    Raises UnreadableFile, MappingError, OSError.
    """
    options.progress("reading", 0)
    table = read_table(path, mapping.file)
    take_import_lock(options.on_wait)
    file = _judged(table, mapping)
    run = open_run(ImportKind.PRODUCTS, path, table, now=now)
    tolerated = list(Reason) if options.skip_bad else list(mapping.lines.expected_refusals)
    refused = bool(untolerated(file.refused["reason"], tolerated))
    options.progress("products", 0)
    made = upsert_products(file.products, now=now, reason=f"Import {run.pk}: {path.name}"[:300])
    report = _report(path, table, file, made, _outcome(refused=refused, options=options))
    if report.outcome is not Outcome.DONE:
        transaction.set_rollback(True)
        return report
    return close_run(run, report)


@dataclass(frozen=True, slots=True)
class _ProductFile:
    """products: one row a product, as `upsert_products` takes it. lines: those it stands for."""

    products: pl.DataFrame
    lines: int
    refused: pl.DataFrame


def _outcome(*, refused: bool, options: ImportOptions) -> Outcome:
    if refused:
        return Outcome.REFUSED
    return Outcome.DRY_RUN if options.dry_run else Outcome.DONE


def _report(
    path: Path, table: TextTable, file: _ProductFile, made: BulkProducts, outcome: Outcome
) -> Report:
    touched = made.created + made.changed
    return Report(
        source=path.name,
        fingerprint=table.fingerprint,
        outcome=outcome,
        lines=table.lines,
        imported=touched,
        merged=file.lines - file.products.height,
        returned=0,
        already_known=file.products.height - touched,
        refused_cells=file.refused,
        facts={
            "products_created": made.created,
            "products_changed": made.changed,
            "suppliers_created": made.suppliers_created,
        },
    )


def _judged(table: TextTable, mapping: Mapping) -> _ProductFile:
    """Judge every line against itself, the others of its code, and what the shop has."""
    columns = fields.columns_of_fields(table, mapping, fields.PRODUCT_FIELDS)
    if "sku" not in columns:
        raise MappingError("Nothing is mapped to sku: add it under [columns].")
    judged = Judgement(table, columns)
    frame = fields.field_frame(table, mapping, columns)
    case = mapping.products.case
    if case != "keep":
        sku = pl.col("sku")
        frame = frame.with_columns(
            sku.str.to_uppercase() if case == "upper" else sku.str.to_lowercase()
        )
    lines = judged.standing(_typed(frame, mapping, judged))
    lines = _complete(lines, mapping, judged)
    lines = _once(lines, judged)
    return _ProductFile(
        products=lines.unique("sku_key", keep="first", maintain_order=True).select(
            *ENSURE_COLUMNS, *LOGISTICS_COLUMNS
        ),
        lines=lines.height,
        refused=judged.refusals(),
    )


def _typed(frame: pl.DataFrame, mapping: Mapping, judged: Judgement) -> pl.DataFrame:
    """Turn cells into values; a field the file lacks is all null."""
    judged.refuse_missing(frame, "sku")
    typed: dict[str, pl.Series] = {LINE: frame[LINE]}
    for name in fields.PRODUCT_FIELDS:
        if name not in frame.columns:
            continue
        if name in fields.PRODUCT_TEXTS:
            read = cells.text_cells(frame, name, longest=fields.PRODUCT_TEXTS[name].longest)
        elif name in _UNITS:
            read = cells.unit_cells(frame, name, mapping.file)
        else:
            read = cells.scaled_cells(frame, name, mapping.file, places=_SCALED[name][1])
        judged.add(read.refused)
        typed[name] = read.values
    lines = pl.DataFrame(typed)
    absent = [name for name in fields.PRODUCT_FIELDS if name not in typed]
    lines = lines.with_columns(
        pl.lit(None, dtype=pl.String if name in fields.PRODUCT_TEXTS else pl.Int64).alias(name)
        for name in absent
    )
    for name, least in _UNITS.items():
        judged.refuse(lines, pl.col(name) < least, name, Reason.OUT_OF_RANGE)
    for name in _SCALED:
        reason = Reason.OUT_OF_RANGE if name == "lead_time_days" else Reason.NEGATIVE_PRICE
        judged.refuse(lines, pl.col(name) < 0, name, reason)
    # The catalogue's price has cents, sales may have finer ones.
    judged.refuse(lines, pl.col("price") % _CENT_E4 != 0, "price", Reason.OUT_OF_RANGE)
    too_long = pl.col("lead_time_days") > _LONGEST_LEAD_E2
    judged.refuse(lines, too_long, "lead_time_days", Reason.OUT_OF_RANGE)
    return lines.with_columns(
        pl.col(name).alias(column) for name, (column, _) in _SCALED.items()
    ).with_columns(
        sku_key=pl.col("sku").str.to_uppercase(),
        supplier_code=pl.col("supplier"),
        supplier_name=pl.coalesce("supplier_name", "supplier"),
    )


def _complete(lines: pl.DataFrame, mapping: Mapping, judged: Judgement) -> pl.DataFrame:
    """Fill in what new products need, and refuse those that the rules do not let in."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [lines["sku_key"].unique().to_list()])
        known = [row[0] for row in cursor.fetchall()]
        suppliers = lines["supplier_code"].drop_nulls().unique().to_list()
        cursor.execute(_KNOWN_SUPPLIERS, [suppliers])
        known_suppliers = [row[0] for row in cursor.fetchall()]
    is_new = ~pl.col("sku_key").is_in(known)
    if mapping.products.unknown == "refuse":
        judged.refuse(lines, is_new, "sku", Reason.UNKNOWN_PRODUCT)
    if mapping.suppliers.unknown == "refuse":
        stranger = ~pl.col("supplier_code").is_in(known_suppliers)
        judged.refuse(lines, stranger, "supplier", Reason.UNKNOWN_SUPPLIER)
    judged.refuse(lines, is_new & pl.col("price").is_null(), "price", Reason.MISSING)
    rules, supplier = mapping.products, mapping.suppliers
    new = pl.when(is_new)
    share = round(rules.unit_cost_share * 10_000)
    estimate = pl.col("price_e4") * share // 10_000
    return judged.standing(
        lines.with_columns(
            name=pl.coalesce("name", new.then("sku")),
            category=pl.coalesce("category", new.then(pl.lit(rules.category))),
            supplier_name=pl.coalesce("supplier_name", new.then(pl.lit(supplier.name))),
            supplier_code=pl.coalesce("supplier_code", new.then(pl.lit(supplier.code))),
            unit_cost_e4=pl.coalesce("unit_cost_e4", new.then(estimate)),
        )
    )


def _once(lines: pl.DataFrame, judged: Judgement) -> pl.DataFrame:
    """Refuse further lines of a code that say something else than its first."""
    said = (*ENSURE_COLUMNS[1:], *LOGISTICS_COLUMNS)
    other = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(name).first().over("sku_key")) for name in said
    )
    judged.refuse(lines, other, "sku", Reason.REPEATED)
    return judged.standing(lines)
