"""One batch of sales into the database: the core of imports and loaders.

Everything in one database transaction and set-based: codes become keys, what is known already is
told from what is new, returns find their sales, stock is checked, lines are scored by the same
functions as single sales, and COPY with a few INSERT … SELECT writes sales, events, adjustments
and ledger.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import polars as pl
from django.db import connection, transaction

from alerts.choices import Topic
from alerts.services import publish
from inventory.services.bulk_products import BulkProducts
from techmart.lib.cache import Tag, bump_on_commit
from techmart.lib.locks import lock_key
from transactions.choices import TransactionStatus
from transactions.importing import known, masters, stock_plan, writing
from transactions.importing.frames import (
    MOVEMENTS_SCHEMA,
    NEW_CUSTOMERS_SCHEMA,
    NEW_PRODUCTS_SCHEMA,
    RETURNS_SCHEMA,
    SALES_DEFAULTS,
    SALES_SCHEMA,
    conform,
)
from transactions.importing.refusals import Reason, untolerated
from transactions.importing.returns import Matching, ReturnLine, match_returns
from transactions.importing.sales import RETURN, SALE
from transactions.importing.scores import scored
from transactions.models import ImportRun
from transactions.services.device_facts import refresh_device_facts

__all__ = [
    "MOVEMENTS_SCHEMA",
    "NEW_CUSTOMERS_SCHEMA",
    "NEW_PRODUCTS_SCHEMA",
    "RETURNS_SCHEMA",
    "SALES_SCHEMA",
    "ImportRefused",
    "LoadResult",
    "LoadRules",
    "SalesBatch",
    "load_sales",
    "take_import_lock",
]

IMPORT_LOCK = "sales import"
# Told what is being done and how many sales of it are done.
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesBatch:
    """What to load; see `frames` for the columns. References are unique within a frame.

    products, customers: created when not known; None: unknown ones are refused. movements:
    further ledger entries of the same period, taken in time with the sales.
    """

    sales: pl.DataFrame
    returns: pl.DataFrame | None = None
    products: pl.DataFrame | None = None
    customers: pl.DataFrame | None = None
    movements: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRules:
    """How to judge a batch.

    opening, shortage: as in the mapping's [stock]. tolerated:
    reasons for which a sale or return may be left out; any other raises ImportRefused.
    judge_only: say what would become of the batch; the caller rolls back.
    """

    opening: Literal["infer", "strict"] = "infer"
    shortage: Literal["refuse", "correct"] = "refuse"
    match_anonymous_returns: bool = False
    restock_returns: bool = True
    tolerated: Collection[Reason] = ()
    judge_only: bool = False


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What became of a batch.

    imported: sales written. known_sales, known_returns: references that were there, with the
    same content. refused: `kind` (sale or return), `reference`, `reason` of those left out.
    """

    imported: int
    known_sales: pl.Series
    known_returns: pl.Series
    refused: pl.DataFrame
    products: BulkProducts
    customers_created: int
    adjustments: int = 0
    openings_inferred: int = 0
    suspicious: int = 0


class ImportRefused(Exception):
    """Sales or returns were refused for reasons nobody said to expect; nothing was written.

    judged: what would have become of the batch without them.
    """

    def __init__(self, judged: LoadResult) -> None:
        self.judged = judged
        super().__init__(f"{judged.refused.height} sales and returns refused")


def _silent(_doing: str, _done: int) -> None:
    """Tell nobody."""


def take_import_lock(on_wait: Callable[[], None] | None = None) -> None:
    """Hold the import lock until the transaction ends; wait for another import if need be."""
    with connection.cursor() as cursor:
        key = lock_key(IMPORT_LOCK)
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key])
        if not cursor.fetchone()[0]:
            if on_wait is not None:
                on_wait()
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


@transaction.atomic
def load_sales(
    batch: SalesBatch,
    *,
    rules: LoadRules,
    run: ImportRun,
    now: datetime,
    progress: Progress = _silent,
) -> LoadResult:
    """Write a batch; all of it or nothing.

    What a sale is, is taken as a fact: status as given, score and is_suspicious stored, nothing
    held. Neither stock alerts nor rollups are brought up to date: the caller does both once, at
    the end of all batches. Raises ImportRefused.
    """
    take_import_lock()
    sales = conform(batch.sales, SALES_SCHEMA, defaults=SALES_DEFAULTS).sort(
        "timestamp", "reference"
    )
    returns = conform(batch.returns, RETURNS_SCHEMA)
    progress("products and customers", 0)
    reason = f"Import {run.pk}: {run.source}"[:300]
    made, customers_created = masters.ensure_masters(
        batch.products, batch.customers, now=now, reason=reason
    )
    sales, refused_sales = masters.resolve(sales)
    returns, strangers = masters.resolve(returns)
    progress("what is known already", 0)
    sales, known_sales, conflicts = known.split_known_sales(sales)
    returns, known_returns, return_conflicts = known.split_known_returns(returns)
    progress("returns", 0)
    matching = _matched(returns, sales, rules)
    refused = pl.concat(
        [
            _refusals(SALE, refused_sales),
            # Who or what was never sold to or sold has nothing to return.
            _refusals(RETURN, dict.fromkeys(strangers, Reason.NO_MATCHING_SALE)),
            _refusals(SALE, dict.fromkeys(conflicts, Reason.CONFLICT)),
            _refusals(RETURN, dict.fromkeys(return_conflicts, Reason.CONFLICT)),
            _refusals(RETURN, matching.refused),
        ]
    )
    movements = conform(batch.movements, MOVEMENTS_SCHEMA)
    short_sales, short_returns = _short(sales, matching, movements, rules)
    if short_sales:
        refused = pl.concat(
            [
                refused,
                _refusals(SALE, dict.fromkeys(sorted(short_sales), Reason.INSUFFICIENT_STOCK)),
                _refusals(RETURN, dict.fromkeys(sorted(short_returns), Reason.NO_MATCHING_SALE)),
            ]
        )
        sales = sales.filter(~pl.col("reference").is_in(list(short_sales)))
        matching.pieces[:] = [p for p in matching.pieces if p.reference not in short_returns]
    result = LoadResult(
        imported=sales.height,
        known_sales=known_sales,
        known_returns=known_returns,
        refused=refused,
        products=made,
        customers_created=customers_created,
    )
    if untolerated(refused["reason"], rules.tolerated):
        raise ImportRefused(result)
    if rules.judge_only:
        return result
    progress("scoring", 0)
    scores = scored(sales, matching.pieces, returns)
    written = writing.write(
        sales,
        scores,
        matching.pieces,
        returns,
        movements,
        opening=rules.opening,
        shortage=rules.shortage,
        restock=rules.restock_returns,
        run=run,
        now=now,
        progress=progress,
    )
    # Orders may have been labelled before they came in.
    refresh_device_facts(sales.filter(pl.col("device") != "")["order_ref"].unique())
    if sales.height or matching.pieces:
        publish(
            topic=Topic.TRANSACTIONS,
            kind="imported",
            payload={"sales": sales.height, "import_run": run.pk},
            now=now,
        )
        bump_on_commit(Tag.SALES, Tag.CUSTOMERS)
    return replace(
        result,
        adjustments=written.adjustments,
        openings_inferred=written.openings_inferred,
        suspicious=scores.suspicious,
    )


def _refusals(kind: str, reasons: dict[str, Reason]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "kind": [kind] * len(reasons),
            "reference": list(reasons),
            "reason": [str(reason) for reason in reasons.values()],
        },
        schema={"kind": pl.String, "reference": pl.String, "reason": pl.String},
    )


def _matched(returns: pl.DataFrame, sales: pl.DataFrame, rules: LoadRules) -> Matching:
    """Match the new returns to sales of the batch and of the database."""
    lines = [
        ReturnLine(*row)
        for row in returns.select(
            "reference",
            "customer_id",
            "product_id",
            "return_of",
            pl.col("timestamp").dt.epoch("us"),
            "quantity",
            "amount_cents",
        ).iter_rows()
    ]
    open_sales = known.open_sales(returns, sales) if lines else []
    return match_returns(lines, open_sales, match_anonymous=rules.match_anonymous_returns)


def _short(
    sales: pl.DataFrame, matching: Matching, movements: pl.DataFrame, rules: LoadRules
) -> tuple[set[str], set[str]]:
    """Return the sales that stock does not allow, and returns of them."""
    without = [*writing.WITHOUT_STOCK]
    if rules.restock_returns:
        # Its units came back at the very moment they left.
        without.append(TransactionStatus.REFUNDED)
    moving = sales.filter(~pl.col("status").is_in([str(status) for status in without]))
    entries = [
        moving.select(
            "product_id",
            at=pl.col("timestamp").dt.epoch("us"),
            quantity=-pl.col("quantity"),
            kind=pl.lit(SALE),
            reference="reference",
            of=pl.lit(""),
        ),
        movements.select(
            "product_id",
            at=pl.col("occurred_at").dt.epoch("us"),
            quantity="quantity",
            kind=pl.lit("other"),
            reference=pl.lit(""),
            of=pl.lit(""),
        ),
        _returned_units(sales, matching, rules),
    ]
    all_entries = pl.concat(entries)
    stock = masters.stock_of(all_entries["product_id"].unique())
    # A product without a ledger gets its opening entry, one with a ledger its correction.
    judged = stock.filter(
        pl.when("has_ledger")
        .then(pl.lit(rules.shortage == "refuse"))
        .otherwise(pl.lit(rules.opening == "strict"))
    )
    short = stock_plan.short_products(all_entries.join(judged, on="product_id", how="semi"), judged)
    if not short:
        return set(), set()
    return stock_plan.sales_that_do_not_fit(
        all_entries.filter(pl.col("product_id").is_in(short)), judged
    )


def _returned_units(sales: pl.DataFrame, matching: Matching, rules: LoadRules) -> pl.DataFrame:
    """Return the ledger entries that the returns will make."""
    schema = {
        "product_id": pl.Int64,
        "at": pl.Int64,
        "quantity": pl.Int64,
        "kind": pl.String,
        "reference": pl.String,
        "of": pl.String,
    }
    if not rules.restock_returns:
        return pl.DataFrame(schema=schema)
    return pl.DataFrame(
        [
            (piece.product_id, piece.at, piece.units, RETURN, piece.reference, piece.of)
            for piece in matching.pieces
        ],
        schema=schema,
        orient="row",
    )
