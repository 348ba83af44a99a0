"""Whether stock allows a batch of ledger entries, and which sales it does not allow: pure."""

from collections import defaultdict

import polars as pl


def short_products(entries: pl.DataFrame, stock: pl.DataFrame) -> list[int]:
    """Return the products whose stock would pass below zero, by id.

    entries: `product_id`, `at` (any unit that orders), `quantity` (signed units). stock:
    `product_id`, `units` at hand before the first entry; none when missing. Of entries of one
    moment the increases come first, as the ledger has it.
    """
    balances = (
        entries.join(stock, on="product_id", how="left")
        .sort("product_id", "at", pl.col("quantity") < 0)
        .with_columns(
            balance=pl.col("units").fill_null(0) + pl.col("quantity").cum_sum().over("product_id")
        )
    )
    return balances.filter(pl.col("balance") < 0)["product_id"].unique().sort().to_list()


def sales_that_do_not_fit(entries: pl.DataFrame, stock: pl.DataFrame) -> tuple[set[str], set[str]]:
    """Return the sales to leave out so that stock never passes below zero, and returns of them.

    entries: as for `short_products`, with `kind` (sale, return, or other), `reference`, and
    `of` (the sale a return takes back, else ""). Taken in time: a sale that asks for more than
    there is at its moment is left out whole, later and smaller ones may still fit; a return of a
    sale left out goes with it.
    """
    units: defaultdict[int, int] = defaultdict(int)
    units.update(dict(stock.select("product_id", "units").iter_rows()))
    taken_back: defaultdict[str, set[str]] = defaultdict(set)
    for reference, of in (
        entries.filter(pl.col("kind") == "return").select("reference", "of").iter_rows()
    ):
        taken_back[reference].add(of)
    sales: set[str] = set()
    returns: set[str] = set()
    ordered = entries.sort("at", pl.col("quantity") < 0, maintain_order=True)
    for product_id, quantity, kind, reference in ordered.select(
        "product_id", "quantity", "kind", "reference"
    ).iter_rows():
        if kind == "return" and not sales.isdisjoint(taken_back[reference]):
            returns.add(reference)
        elif kind == "sale" and units[product_id] + quantity < 0:
            sales.add(reference)
        else:
            units[product_id] += quantity
    return sales, returns
