"""A sales file's lines judged one by one, then made into sales and returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from transactions.choices import Channel, PaymentMethod, TransactionStatus
from transactions.importing import cells, fields, frames
from transactions.importing.judging import Judgement
from transactions.importing.mapping import Mapping, MappingError
from transactions.importing.marks import MARKS, mark_cells
from transactions.importing.names import usual_names
from transactions.importing.reading import LINE, TextTable
from transactions.importing.refusals import Reason

# What a file may say became of a sale. A part that went back is a line of its own, and a sale
# under review is not history yet.
IMPORTED_STATUSES = (
    TransactionStatus.COMPLETED,
    TransactionStatus.PENDING,
    TransactionStatus.FAILED,
    TransactionStatus.CANCELLED,
    TransactionStatus.REFUNDED,
    TransactionStatus.CHARGEBACK,
    TransactionStatus.DISPUTED,
)
SALE, RETURN = "sale", "return"
# quantity × price must stay well inside 64 bits; the amount columns end earlier.
_LARGEST_E4 = 10**16
_DEFAULTS = {
    "status": TransactionStatus.COMPLETED,
    "channel": Channel.STORE,
    "payment_method": PaymentMethod.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class SalesFile:
    """What a sales file says.

    lines: how many it has. accepted: `line`, `kind` (sale or return), `reference` of those that
    stand so far. refused: the others, one row a bad cell. The other frames are the engine's.
    """

    lines: int
    accepted: pl.DataFrame
    refused: pl.DataFrame
    sales: pl.DataFrame
    returns: pl.DataFrame
    products: pl.DataFrame
    customers: pl.DataFrame
    exact_duplicates: int
    ambiguous_times: int
    shifted_times: int


def read_sales(
    table: TextTable, mapping: Mapping, *, shop_zone: str, shop_currency: str, now: datetime
) -> SalesFile:
    """Judge every line and make sales and returns of those that stand.

    Raises UnreadableFile or MappingError when the file as a whole cannot be followed.
    """
    columns = fields.columns_of_fields(table, mapping, fields.SALES_FIELDS)
    _require_fields(mapping, columns)
    reader = _Reader(table, mapping, columns, shop_zone, shop_currency, now)
    return reader.read()


def _require_fields(mapping: Mapping, columns: dict[str, str]) -> None:
    given = {*columns, *mapping.constants}
    for name in ("sku", "quantity", "timestamp"):
        if name not in given:
            raise MappingError(f"Nothing is mapped to {name}: add it under [columns].")
    if not given & {"unit_price", "total_amount"}:
        raise MappingError("Map unit_price or total_amount under [columns].")
    if not (given & {"reference", "order_ref"} or mapping.keys.reference):
        raise MappingError("Map reference or order_ref under [columns], or give [keys] reference.")


class _Reader:
    """One reading of one file. Lines refused early are not judged further."""

    def __init__(
        self,
        table: TextTable,
        mapping: Mapping,
        columns: dict[str, str],
        shop_zone: str,
        shop_currency: str,
        now: datetime,
    ) -> None:
        self.table = table
        self.mapping = mapping
        self.columns = columns
        self.shop_zone = shop_zone
        self.shop_currency = shop_currency
        self.now = now
        self.judged = Judgement(table, columns)
        self.times: list[cells.TimeCells] = []

    def read(self) -> SalesFile:
        frame = fields.field_frame(self.table, self.mapping, self.columns)
        frame = self._without_non_products(self._folded(frame))
        exact = self._exact_duplicates(frame)
        lines = self._typed(frame)
        lines = self._keyed(lines)
        lines = self.judged.standing(lines)
        lines = self._priced(lines)
        lines = self.judged.standing(lines)
        lines = self._consistent(lines)
        sales = lines.filter(pl.col("kind") == SALE)
        returns = lines.filter(pl.col("kind") == RETURN)
        return SalesFile(
            lines=self.table.lines,
            accepted=lines.select(LINE, "kind", "reference"),
            refused=self.judged.refusals(),
            sales=merged_sales(sales, currency=self.shop_currency),
            returns=merged_returns(returns),
            products=self._products(sales),
            customers=self._customers(sales),
            exact_duplicates=exact,
            ambiguous_times=sum(times.ambiguous for times in self.times),
            shifted_times=sum(times.shifted for times in self.times),
        )

    def _folded(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Write product codes in one letter case."""
        sku = pl.col("sku")
        case = self.mapping.products.case
        folded = {"upper": sku.str.to_uppercase(), "lower": sku.str.to_lowercase(), "keep": sku}
        return frame.with_columns(folded[case])

    def _without_non_products(self, frame: pl.DataFrame) -> pl.DataFrame:
        rules = self.mapping.products
        code = pl.col("sku").str.to_uppercase()
        no_product = code.is_in([c.upper() for c in rules.not_products])
        if rules.not_product_pattern:
            no_product |= pl.col("sku").str.contains(f"(?i)^(?:{rules.not_product_pattern})$")
        self.judged.refuse(frame, no_product.fill_null(value=False), "sku", Reason.NOT_A_PRODUCT)
        return self.judged.standing(frame)

    def _exact_duplicates(self, frame: pl.DataFrame) -> int:
        """Count lines that are another one in every cell; refuse them if so asked."""
        lines = self.table.frame.join(frame.select(LINE), on=LINE, how="semi")
        copies = lines.filter(~pl.struct(pl.exclude(LINE)).is_first_distinct())
        if self.mapping.lines.exact_duplicates == "refuse":
            self.judged.refuse(
                copies.with_columns(sku=pl.lit("")),
                pl.lit(value=True),
                "sku",
                Reason.EXACT_DUPLICATE,
            )
        return copies.height

    def _typed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Turn every field's cells into values; a field the file lacks is all null."""
        typed = {LINE: frame[LINE]}
        for name in fields.SALES_FIELDS:
            if name not in frame.columns:
                continue
            read = self._cells(frame, name)
            self.judged.add(read.refused)
            typed[MARKS[name][0] if name in MARKS else name] = read.values
        lines = pl.DataFrame(typed)
        absent = {name: kind for name, kind in _TYPED_SCHEMA.items() if name not in lines.columns}
        lines = lines.with_columns(
            *(pl.lit(None, dtype=kind).alias(name) for name, kind in absent.items())
        )
        for name in ("sku", "quantity", "timestamp"):
            self.judged.refuse_missing(frame, name)
        if "unit_price" in frame.columns and "total_amount" not in frame.columns:
            self.judged.refuse_missing(frame, "unit_price")
        if "total_amount" in frame.columns and "unit_price" not in frame.columns:
            self.judged.refuse_missing(frame, "total_amount")
        if self.mapping.customers.anonymous == "refuse":
            self.judged.refuse(lines, pl.col("customer").is_null(), "customer", Reason.ANONYMOUS)
        return lines

    def _cells(self, frame: pl.DataFrame, name: str) -> cells.Cells:
        """Read one field, according to what it is."""
        rules = self.mapping.file
        if name in MARKS:
            return mark_cells(frame, name, longest=fields.SALES_TEXTS[name].longest)
        if name in fields.SALES_TEXTS:
            return cells.text_cells(frame, name, longest=fields.SALES_TEXTS[name].longest)
        if name in ("timestamp", "recorded_at"):
            times = cells.time_cells(
                frame, name, self.mapping.time, shop_zone=self.shop_zone, now=self.now
            )
            self.times.append(times)
            return times
        if name == "quantity":
            return cells.unit_cells(frame, name, rules)
        if name in _PLACES:
            return cells.scaled_cells(frame, name, rules, places=_PLACES[name])
        allowed: dict[str, Sequence[str] | None] = {
            "status": IMPORTED_STATUSES,
            "channel": Channel.values,
            "payment_method": PaymentMethod.values,
            # One shop, one currency: another one's amounts would be added to its own.
            "currency": [self.shop_currency],
        }
        return cells.word_cells(
            frame,
            name,
            translated=self.mapping.values.get(name, {}),
            allowed=allowed.get(name),
        )

    def _keyed(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Give each line its reference and order, and say whether it is a sale or a return."""
        template = self.mapping.keys.reference
        if template:
            wide = lines.join(
                self.table.frame.select(pl.all().exclude(lines.columns), LINE), on=LINE, how="left"
            )
            key = fields.template_expression(template, self.table, self.columns)
            lines = lines.with_columns(wide.select(key.alias("reference")))
            too_long = pl.col("reference").str.len_chars() > fields.SALES_TEXTS["reference"].longest
            self.judged.refuse(lines, too_long.fill_null(value=False), "reference", Reason.TOO_LONG)
        elif "reference" not in self.columns:
            lines = lines.with_columns(reference=pl.concat_str("order_ref", pl.lit(":"), "sku"))
        self.judged.refuse(lines, pl.col("reference").is_null(), "reference", Reason.MISSING)
        rules = self.mapping.returns
        is_return = pl.lit(value=False)
        if rules.negative_quantity:
            is_return |= pl.col("quantity") < 0
        if rules.credit_note:
            is_return |= pl.col("order_ref").str.contains(rules.credit_note).fill_null(value=False)
        lines = lines.with_columns(
            order_ref=pl.coalesce("order_ref", "reference"),
            kind=pl.when(is_return).then(pl.lit(RETURN)).otherwise(pl.lit(SALE)),
        )
        self.judged.refuse(lines, pl.col("quantity") == 0, "quantity", Reason.ZERO_QUANTITY)
        negative_sale = (pl.col("kind") == SALE) & (pl.col("quantity") < 0)
        self.judged.refuse(lines, negative_sale, "quantity", Reason.OUT_OF_RANGE)
        return lines.with_columns(pl.col("quantity").abs())

    def _priced(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Work out price, discount and total of each line, and hold them against each other.

        What a file does not give follows from what it does; a total without a price becomes the
        price rounded up to 0.0001, and a discount for what that is too much.
        """
        price_name = "unit_price" if "unit_price" in self.columns else "total_amount"
        # Returns are written with the sign on the quantity, the total, or both.
        is_return = pl.col("kind") == RETURN
        total = pl.when(is_return).then(pl.col("total_amount").abs()).otherwise("total_amount")
        lines = lines.with_columns(total_amount=total)
        negative = (pl.col("unit_price") < 0) | (pl.col("total_amount") < 0)
        self.judged.refuse(lines, negative, price_name, Reason.NEGATIVE_PRICE)
        if self.mapping.lines.zero_price == "refuse":
            zero = pl.coalesce("unit_price", "total_amount") == 0
            self.judged.refuse(lines, zero, price_name, Reason.ZERO_PRICE)
        too_much = (
            pl.col("quantity").cast(pl.Float64) * pl.col("unit_price").cast(pl.Float64)
            >= _LARGEST_E4
        )
        self.judged.refuse(lines, too_much, price_name, Reason.OUT_OF_RANGE)
        self.judged.refuse(lines, pl.col("discount") < 0, "discount", Reason.BAD_DISCOUNT)
        lines = self.judged.standing(lines)
        discount = pl.col("discount").fill_null(0)
        price = pl.coalesce(
            "unit_price", price_of_total(pl.col("total_amount") + discount, pl.col("quantity"))
        )
        lines = lines.with_columns(unit_price_e4=price, given_discount=pl.col("discount"))
        gross = value_cents(pl.col("quantity"), pl.col("unit_price_e4"))
        lines = lines.with_columns(
            total_cents=pl.coalesce("total_amount", gross - discount),
            discount_cents=gross - pl.coalesce("total_amount", gross - discount),
        )
        given = ("discount" in self.columns) & ("unit_price" in self.columns)
        mismatch = pl.col("discount_cents") != discount if given else pl.lit(value=False)
        mismatch |= pl.col("discount_cents") < 0
        column = "total_amount" if "total_amount" in self.columns else "discount"
        reason = Reason.TOTAL_MISMATCH if column == "total_amount" else Reason.BAD_DISCOUNT
        bad_discount = (pl.col("total_cents") < 0) | mismatch
        self.judged.refuse(lines, bad_discount, column, reason)
        return lines

    def _consistent(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Refuse references whose lines are not parts of one sale, or repeated if so asked."""
        same = ("sku", "customer", "order_ref", "status", "return_of")
        key = ("kind", "reference")
        several = lines.select(*key).is_duplicated()
        repeated = lines.filter(several)
        differ = pl.any_horizontal(
            pl.col(name).fill_null("").n_unique().over(*key) > 1 for name in same
        )
        self.judged.refuse(repeated, differ, "reference", Reason.REFERENCE_NOT_UNIQUE)
        if self.mapping.lines.repeated == "refuse":
            later = pl.int_range(pl.len()).over(*key) > 0
            self.judged.refuse(repeated, later, "reference", Reason.REPEATED)
        return self.judged.standing(lines)

    def _products(self, sales: pl.DataFrame) -> pl.DataFrame:
        if self.mapping.products.unknown == "refuse":
            return pl.DataFrame(schema=frames.NEW_PRODUCTS_SCHEMA)
        rules, supplier = self.mapping.products, self.mapping.suppliers
        in_time = sales.sort("timestamp", LINE)
        newest = in_time.group_by("sku", maintain_order=True).agg(
            pl.col("category", "supplier", "unit_cost").drop_nulls().last(),
            price_e4=pl.col("unit_price_e4").last(),
        )
        named = newest.join(usual_names(in_time, bad_names=rules.bad_names), on="sku", how="left")
        share = round(rules.unit_cost_share * 10_000)
        supplier_code = pl.col("supplier").fill_null(supplier.code)
        return frames.conform(
            named.with_columns(
                name=pl.coalesce("name", "sku"),
                category=pl.col("category").fill_null(rules.category),
                supplier_code=supplier_code,
                supplier_name=pl.when(pl.col("supplier").is_null())
                .then(pl.lit(supplier.name))
                .otherwise("supplier"),
                unit_cost_e4=pl.coalesce("unit_cost", pl.col("price_e4") * share // 10_000),
            ),
            frames.NEW_PRODUCTS_SCHEMA,
        )

    def _customers(self, sales: pl.DataFrame) -> pl.DataFrame:
        if self.mapping.customers.unknown == "refuse":
            return pl.DataFrame(schema=frames.NEW_CUSTOMERS_SCHEMA)
        newest = (
            sales.drop_nulls("customer")
            .sort("timestamp", LINE)
            .group_by("customer", maintain_order=True)
            .agg(
                name=pl.col("customer_name").drop_nulls().last(),
                country=pl.col("ship_country").drop_nulls().last(),
            )
        )
        return frames.conform(
            newest.select(
                code="customer",
                name=pl.col("name").fill_null(""),
                country=pl.col("country").fill_null(""),
            ),
            frames.NEW_CUSTOMERS_SCHEMA,
        )


def value_cents(quantity: pl.Expr, price_e4: pl.Expr) -> pl.Expr:
    """Return round(quantity × price, 2) in cents, halves up, of values not below zero."""
    return (quantity * price_e4 + 50) // 100


def price_of_total(total_cents: pl.Expr, quantity: pl.Expr) -> pl.Expr:
    """Return the lowest price in ten-thousandths at which the units cost at least the total."""
    return (total_cents * 100 + quantity - 1) // quantity


def merged_sales(lines: pl.DataFrame, *, currency: str) -> pl.DataFrame:
    """Return one row a reference: units and amounts added, at the highest of its prices.

    What a lower price of some of its units, or rounding line by line, took off is a discount,
    so that the total is exactly the sum of the lines'. The earliest line gives the rest.
    """
    defaults = {**_DEFAULTS, "currency": currency}
    first = [
        name
        for name, kind in frames.SALES_SCHEMA.items()
        if kind == pl.String and name not in ("reference", "customer_code")
    ]
    sales = (
        lines.sort("timestamp", LINE)
        .group_by("reference", maintain_order=True)
        .agg(
            pl.col("quantity", "total_cents").sum(),
            pl.col("unit_price_e4", "unit_cost", "list_price").max(),
            pl.col("customer", "timestamp", "recorded_at", *first).first(),
        )
    )
    gross = value_cents(pl.col("quantity"), pl.col("unit_price_e4"))
    sales = sales.with_columns(
        unit_price_e4=pl.when(gross < pl.col("total_cents"))
        .then(price_of_total(pl.col("total_cents"), pl.col("quantity")))
        .otherwise("unit_price_e4")
    )
    return frames.conform(
        sales.with_columns(
            *(pl.col(name).fill_null(str(defaults.get(name, ""))) for name in first),
            customer_code="customer",
            unit_cost_e4="unit_cost",
            list_price_e4="list_price",
            discount_cents=value_cents(pl.col("quantity"), pl.col("unit_price_e4"))
            - pl.col("total_cents"),
        ),
        frames.SALES_SCHEMA,
    )


def merged_returns(lines: pl.DataFrame) -> pl.DataFrame:
    """Return one row a reference: units and amounts of its lines added, at the earliest time."""
    returns = (
        lines.sort("timestamp", LINE)
        .group_by("reference", maintain_order=True)
        .agg(
            pl.col("quantity", "total_cents").sum(),
            pl.col("customer", "sku", "return_of", "timestamp", "recorded_at").first(),
        )
    )
    return frames.conform(
        returns.with_columns(
            pl.col("return_of").fill_null(""),
            customer_code="customer",
            amount_cents="total_cents",
        ),
        frames.RETURNS_SCHEMA,
    )


_PLACES = {"unit_price": 4, "unit_cost": 4, "list_price": 4, "discount": 2, "total_amount": 2}
_TYPED_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    **{MARKS[name][0] if name in MARKS else name: pl.String for name in fields.SALES_TEXTS},
    **dict.fromkeys(("quantity", *_PLACES), pl.Int64),
    **dict.fromkeys(
        ("currency", "status", "channel", "payment_method", "ip_country", "ship_country"),
        pl.String,
    ),
    "timestamp": frames.UTC_TIME,
    "recorded_at": frames.UTC_TIME,
}
