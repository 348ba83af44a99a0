"""Planted frauds: a few orders a week that a careful analyst would stop, with their labels.

Three kinds, all on the web from far away on a device never seen: one big order of something dear, a
burst of four orders within twenty minutes, and the same order sent twice within two minutes.
Simulated, and labelled so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from techmart.demo.simulate import SEED
from techmart.demo.words import FAR_COUNTRIES

ORDERS_PER_WEEK = 9
LABEL_DELAY = timedelta(days=7)
# Dear: from this quantile of shelf prices upward.
DEAR_QUANTILE = 0.97


@dataclass(frozen=True)
class Planted:
    """lines: like the data set's, with order_ref and the basket columns. labels: order_ref, wall
    (local time at which the label becomes known).
    """

    lines: pl.DataFrame
    labels: pl.DataFrame


def plant(week: datetime, *, products: pl.DataFrame, households: pl.Series) -> Planted:
    """Plant one week's frauds. week: Monday, local midnight of the data set's time."""
    random = np.random.default_rng([SEED, week.toordinal()])
    dear = products.filter(pl.col("price") >= pl.col("price").quantile(DEAR_QUANTILE))
    rows: list[dict[str, object]] = []
    count = 0
    while count < ORDERS_PER_WEEK:
        victim = int(households[int(random.integers(len(households)))])
        start = week + timedelta(seconds=int(random.integers(8 * 3600, 7 * 86_400 - 3600)))
        country = FAR_COUNTRIES[int(random.integers(len(FAR_COUNTRIES)))]
        device = f"X{int(random.integers(1 << 40)):010x}"
        product = dear.row(int(random.integers(dear.height)), named=True)
        kind = ("big", "burst", "twice")[int(random.integers(3))]
        offsets = {"big": [0], "burst": [0, 240, 610, 1130], "twice": [0, 75]}[kind]
        quantity = int(random.integers(6, 13)) if kind == "big" else int(random.integers(2, 5))
        for seconds in offsets:
            rows.append(
                {
                    "order_ref": f"SIM-{week:%Y%m%d}-{count}",
                    "household_id": victim,
                    "store_id": 0,
                    "product_id": product["product_id"],
                    "quantity": quantity,
                    "total": product["price"] * quantity,
                    "discount": 0,
                    "unit_price": product["price"] * 100,
                    "wall": start + timedelta(seconds=seconds),
                    "channel": "web",
                    "payment_method": "card",
                    "device": device,
                    "ip_country": country,
                    "ship_country": country,
                }
            )
            count += 1
    lines = pl.DataFrame(rows).with_columns(pl.col("wall").cast(pl.Datetime("us")))
    labels = lines.select("order_ref", wall=pl.col("wall") + LABEL_DELAY)
    return Planted(lines=lines.sort("wall", "order_ref"), labels=labels)
