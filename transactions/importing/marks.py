"""Cards, addresses and e-mails of a file: turned at once into what may be kept of them."""

from collections.abc import Callable

import polars as pl

from techmart.lib.pseudonyms import has_card_number
from transactions.fraud.emails import email_stem
from transactions.importing import cells
from transactions.importing.reading import LINE
from transactions.importing.refusals import Reason
from transactions.services.sale_marks import address_hash, card_hash

# Our field → the column of a sale, and what makes it.
MARKS: dict[str, tuple[str, Callable[[str], str]]] = {
    "card_token": ("card_hash", card_hash),
    "ship_address": ("ship_address_hash", address_hash),
    "bill_address": ("bill_address_hash", address_hash),
    "email": ("email_stem", email_stem),
}
# Stands in reports for a value that must not be shown.
HIDDEN = "(hidden)"


def mark_cells(frame: pl.DataFrame, name: str, *, longest: int) -> cells.Cells:
    """Return what is kept of a field, each value worked out once; refuse what may not be kept.

    Card numbers are refused, and e-mails of which nothing would be left.
    """
    text = cells.text_cells(frame, name, longest=longest)
    distinct = text.values.drop_nulls().unique()
    made = {value: MARKS[name][1](value) for value in distinct if not has_card_number(value)}
    card_numbers = [value for value in distinct if value not in made]
    no_emails = [value for value, kept in made.items() if name == "email" and not kept]
    refused = [
        frame.filter(pl.col(name).is_in(values)).select(
            pl.col(LINE), column=pl.lit(name), value=pl.lit(HIDDEN), reason=pl.lit(str(reason))
        )
        for values, reason in (
            (card_numbers, Reason.CARD_NUMBER),
            (no_emails, Reason.NOT_AN_EMAIL),
        )
    ]
    values = text.values.replace_strict(made, default=None, return_dtype=pl.String)
    hidden = text.refused.with_columns(value=pl.lit(HIDDEN))
    return cells.Cells(values, pl.concat([hidden, *refused]))
