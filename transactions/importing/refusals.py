"""Lines that an import leaves out: why, and what would let them in."""

from collections.abc import Collection, Iterable
from enum import StrEnum

import polars as pl


class Reason(StrEnum):
    """Why a line is not taken."""

    TOO_MANY_CELLS = "too_many_cells"
    MISSING = "missing"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    OUT_OF_RANGE = "out_of_range"
    NOT_A_TIME = "not_a_time"
    NONEXISTENT_TIME = "nonexistent_time"
    AMBIGUOUS_TIME = "ambiguous_time"
    IN_THE_FUTURE = "in_the_future"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    CARD_NUMBER = "card_number"
    NOT_AN_EMAIL = "not_an_email"
    UNKNOWN_VALUE = "unknown_value"
    NOT_A_PRODUCT = "not_a_product"
    ZERO_QUANTITY = "zero_quantity"
    ZERO_PRICE = "zero_price"
    NEGATIVE_PRICE = "negative_price"
    BAD_DISCOUNT = "bad_discount"
    TOTAL_MISMATCH = "total_mismatch"
    EXACT_DUPLICATE = "exact_duplicate"
    REPEATED = "repeated"
    REFERENCE_NOT_UNIQUE = "reference_not_unique"
    ANONYMOUS = "anonymous"
    UNKNOWN_CUSTOMER = "unknown_customer"
    UNKNOWN_PRODUCT = "unknown_product"
    UNKNOWN_SUPPLIER = "unknown_supplier"
    CONFLICT = "conflict"
    ANONYMOUS_RETURN = "anonymous_return"
    NO_MATCHING_SALE = "no_matching_sale"
    MORE_THAN_SOLD = "more_than_sold"
    INSUFFICIENT_STOCK = "insufficient_stock"


REMEDIES: dict[Reason, str] = {
    Reason.TOO_MANY_CELLS: "Quote cells that hold the delimiter; check [file] delimiter.",
    Reason.MISSING: "Fill the cell in, or give the field a value under [constants].",
    Reason.NOT_A_NUMBER: "Write a plain number; check [file] decimal and thousands.",
    Reason.NOT_WHOLE: "Give whole units.",
    Reason.OUT_OF_RANGE: "Give a number within the range of the field.",
    Reason.NOT_A_TIME: "Write the time as [time] formats has it, or add its format there.",
    Reason.NONEXISTENT_TIME: (
        'The clock skipped this hour: correct it, or set [time] nonexistent = "forward".'
    ),
    Reason.AMBIGUOUS_TIME: (
        "The clock showed this hour twice: add the offset, or set [time] ambiguous to "
        '"earliest" or "latest".'
    ),
    Reason.IN_THE_FUTURE: "Correct the time, or [time] zone.",
    Reason.TOO_LONG: "Shorten the text.",
    Reason.CONTROL_CHARACTER: "Remove the control character.",
    Reason.CARD_NUMBER: "Map the payment provider's token; card numbers are not taken.",
    Reason.NOT_AN_EMAIL: (
        "Give an address such as anna@example.com, or none; words for none go under [file] nothing."
    ),
    Reason.UNKNOWN_VALUE: "Add the word to the field's table under [values].",
    Reason.NOT_A_PRODUCT: "Named by the mapping as no product: book it elsewhere.",
    Reason.ZERO_QUANTITY: "A line needs units.",
    Reason.ZERO_PRICE: 'Correct the price, or set [lines] zero_price = "accept".',
    Reason.NEGATIVE_PRICE: "Correct the price; money that goes back is a return.",
    Reason.BAD_DISCOUNT: "A discount lies between 0 and the line's value.",
    Reason.TOTAL_MISMATCH: "The total must be quantity × unit price − discount, to the cent.",
    Reason.EXACT_DUPLICATE: 'Remove the copy, or set [lines] exact_duplicates = "merge".',
    Reason.REPEATED: 'Give the product once an order, or set [lines] repeated = "merge".',
    Reason.REFERENCE_NOT_UNIQUE: (
        "Lines of one reference differ in product, customer or order: name more columns in [keys]."
    ),
    Reason.ANONYMOUS: 'Name the customer, or set [customers] anonymous = "accept".',
    Reason.UNKNOWN_CUSTOMER: 'Create the customer, or set [customers] unknown = "create".',
    Reason.UNKNOWN_PRODUCT: 'Import the product first, or set [products] unknown = "create".',
    Reason.UNKNOWN_SUPPLIER: 'Create the supplier, or set [suppliers] unknown = "create".',
    Reason.CONFLICT: (
        "This reference is known with another content: correct the sale in TechMart, or use a "
        "new reference."
    ),
    Reason.ANONYMOUS_RETURN: (
        'Name the customer or the order it belongs to, or set [returns] anonymous = "match".'
    ),
    Reason.NO_MATCHING_SALE: "Import the period in which it was sold first.",
    Reason.MORE_THAN_SOLD: "Import the period in which the rest was sold first.",
    Reason.INSUFFICIENT_STOCK: (
        "Import receipts or a stock count first, or set [stock] to let the sales speak."
    ),
}

# Cells as they stood, for the file that a person corrects from. `line` counts from 1.
REFUSAL_SCHEMA = {
    "line": pl.Int64,
    "column": pl.String,
    "value": pl.String,
    "reason": pl.String,
}


def no_refusals() -> pl.DataFrame:
    """Return an empty table of refusals."""
    return pl.DataFrame(schema=REFUSAL_SCHEMA)


def first_reasons(refusals: pl.DataFrame) -> pl.DataFrame:
    """Return one row a refused line: the reason found first, which is the one it counts under."""
    return refusals.unique("line", keep="first", maintain_order=True).select("line", "reason")


def untolerated(reasons: Iterable[str], tolerated: Collection[Reason]) -> list[str]:
    """Return the reasons that nobody said to expect, each once, in order of their names."""
    return sorted(set(reasons) - {str(reason) for reason in tolerated})
