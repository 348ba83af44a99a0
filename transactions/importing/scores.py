"""Fraud scores of a batch, by the functions that score a single sale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from transactions.choices import TransactionStatus
from transactions.fraud.bulk import score_frame
from transactions.fraud.frame import NEVER_US, Ints, SalesFrame
from transactions.importing.returns import Piece


@dataclass(frozen=True, slots=True)
class BatchScores:
    """`fraud_score`, `is_suspicious` and `reasons` (JSON) of each sale, in the batch's order."""

    frame: pl.DataFrame
    version: str
    suspicious: int


def scored(sales: pl.DataFrame, refunds: Sequence[Piece], returns: pl.DataFrame) -> BatchScores:
    """Score the new sales of a batch, in time order; reads what happened before, writes nothing.

    refunds: pieces of the returns, each against a sale of the batch or an earlier one.
    """
    scores = score_frame(
        SalesFrame(
            timestamp_us=sales["timestamp"].dt.epoch("us").to_numpy(),
            order_ref=sales["order_ref"].to_numpy(),
            customer_id=sales["customer_id"].to_numpy(),
            product_id=sales["product_id"].to_numpy(),
            quantity=sales["quantity"].to_numpy(),
            amount_cents=sales["total_cents"].to_numpy(),
            channel=sales["channel"].to_numpy(),
            ip_country=sales["ip_country"].to_numpy(),
            ship_country=sales["ship_country"].to_numpy(),
            device=sales["device"].to_numpy(),
            card=sales["card_hash"].to_numpy(),
            ship_address=sales["ship_address_hash"].to_numpy(),
            bill_address=sales["bill_address_hash"].to_numpy(),
            email=sales["email_stem"].to_numpy(),
            store=sales["store"].to_numpy(),
            list_price_e4=sales["list_price_e4"].fill_null(0).to_numpy(),
            declined_us=_when(sales, TransactionStatus.FAILED, "timestamp"),
            refunded_us=np.minimum(
                _when(sales, TransactionStatus.REFUNDED, "recorded_at"),
                _first_refunds(sales, refunds, returns),
            ),
        )
    )
    frame = pl.DataFrame(
        {
            "fraud_score": scores.fraud_score,
            "is_suspicious": scores.is_suspicious,
            "reasons": scores.reasons_json(),
        },
        schema={"fraud_score": pl.Float64, "is_suspicious": pl.Boolean, "reasons": pl.String},
    )
    return BatchScores(frame, scores.version, int(scores.is_suspicious.sum()))


def _when(sales: pl.DataFrame, status: TransactionStatus, known: str) -> Ints:
    """Return the moment of sales that a file says ended so, NEVER_US of others.

    known: the column that says when that was known, null or earlier for at once.
    """
    ended = (sales["status"] == status).to_numpy()
    moment = sales.select(pl.max_horizontal("timestamp", known).dt.epoch("us")).to_series()
    return np.where(ended, moment.to_numpy(), NEVER_US)


def _first_refunds(sales: pl.DataFrame, refunds: Sequence[Piece], returns: pl.DataFrame) -> Ints:
    """Return when each sale was first known to be taken back, NEVER_US where it was not."""
    recorded = returns.drop_nulls("recorded_at").select(
        "reference", pl.col("recorded_at").dt.epoch("us")
    )
    known: dict[str, int] = dict(recorded.iter_rows())
    first: dict[str, int] = {}
    for piece in refunds:
        at = max(piece.at, known.get(piece.reference, piece.at))
        first[piece.of] = min(first.get(piece.of, NEVER_US), at)
    if not first:
        return np.full(sales.height, NEVER_US)
    return np.array([first.get(ref, NEVER_US) for ref in sales["reference"].to_list()], np.int64)
