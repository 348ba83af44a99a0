"""Fraud scores of a batch, by the functions that score a single sale."""

from dataclasses import dataclass

import polars as pl

from transactions.fraud.bulk import score_frame
from transactions.fraud.frame import SalesFrame


@dataclass(frozen=True, slots=True)
class BatchScores:
    """`fraud_score`, `is_suspicious` and `reasons` (JSON) of each sale, in the batch's order."""

    frame: pl.DataFrame
    version: str
    suspicious: int


def scored(sales: pl.DataFrame) -> BatchScores:
    """Score the new sales of a batch, in time order; reads what happened before, writes nothing."""
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
