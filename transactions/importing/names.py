"""Names of products in a sales file, where clerks leave remarks in the same column."""

from collections.abc import Sequence

import polars as pl


def usual_names(lines: pl.DataFrame, *, bad_names: Sequence[str]) -> pl.DataFrame:
    """Return `sku` and its most frequent good name; products without one are left out.

    lines: `sku`, `name` (null: none given) in order of time. A name is bad when one of the
    regular expressions matches all of it. Of names equally frequent the one used last wins.
    """
    good = pl.col("name").is_not_null()
    for pattern in bad_names:
        good &= ~pl.col("name").str.contains(f"^(?:{pattern})$")
    return (
        lines.with_row_index("position")
        .filter(good)
        .group_by("sku", "name")
        .agg(uses=pl.len(), last=pl.col("position").max())
        .sort("sku", "uses", "last", descending=[False, True, True])
        .unique("sku", keep="first", maintain_order=True)
        .select("sku", "name")
    )
