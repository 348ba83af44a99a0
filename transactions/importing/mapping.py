"""Mapping files: how another system's file is to be read, as TOML.

Every table and key is optional. A table or key that is not known is refused by name, with the
nearest one that is, because a misspelt rule would otherwise be a rule that never works.
"""

import tomllib
import typing
from dataclasses import dataclass, field, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin
from zoneinfo import ZoneInfo

import polars as pl

from transactions.importing.refusals import Reason


class MappingError(ValueError):
    """The mapping file cannot be followed; says which table and key, and what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRules:
    """How the text of the file is made up."""

    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: Literal[".", ","] = "."
    # Between groups of three digits; empty: none are expected.
    thousands: Literal["", ".", ",", " ", "'"] = ""
    # Cells that mean nothing, beside empty ones.
    nothing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRules:
    """How times are written and on which clock."""

    # strftime patterns, tried in order; one with %z carries its own offset.
    formats: tuple[str, ...] = (
        "%Y-%m-%dT%H:%M:%S%.f%z",
        "%Y-%m-%d %H:%M:%S%.f%z",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d",
    )
    # Of times without an offset; empty: the shop's zone.
    zone: str = ""
    # The hour that the clock shows twice in autumn.
    ambiguous: Literal["earliest", "latest", "refuse"] = "earliest"
    # The hour that the clock skips in spring; forward: as if it had not been put on yet.
    nonexistent: Literal["refuse", "forward"] = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRules:
    """What makes a line one line: names of the file's columns in braces."""

    # Empty: the column mapped to `reference`, or else order and product code.
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRules:
    """What to make of odd lines."""

    zero_price: Literal["refuse", "accept"] = "refuse"
    # A line that is another one in every cell.
    exact_duplicates: Literal["merge", "refuse"] = "merge"
    # The same reference again with another quantity, price or time.
    repeated: Literal["merge", "refuse"] = "merge"
    # Reasons that this file is known to give: such lines are left out and counted, and do not
    # stop the import.
    expected_refusals: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRules:
    """Which lines are goods that came back, and how they find their sale."""

    negative_quantity: bool = True
    # Orders that are credit notes: a regular expression on `order_ref`; empty: none.
    credit_note: str = ""
    # Returns without customer and without `return_of`; match: any anonymous sale of the product.
    anonymous: Literal["refuse", "match"] = "refuse"
    restock: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRules:
    """Product codes, and products that are not known yet."""

    unknown: Literal["create", "refuse"] = "create"
    # One code in two letter cases is one product either way; this says how it is written.
    case: Literal["upper", "lower", "keep"] = "upper"
    # Postage, fees and the like: codes as the file has them, in any letter case.
    not_products: tuple[str, ...] = ()
    not_product_pattern: str = ""
    category: str = "Uncategorised"
    # Names that are no names: regular expressions on the whole name.
    bad_names: tuple[str, ...] = (r"\W*",)
    # Unit cost of created products as a share of the price, when the file has none.
    unit_cost_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierRules:
    """Suppliers of created products."""

    unknown: Literal["create", "refuse"] = "create"
    code: str = "unknown"
    name: str = "Unknown supplier"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRules:
    """Customers, and lines without one."""

    unknown: Literal["create", "refuse"] = "create"
    anonymous: Literal["accept", "refuse"] = "accept"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRules:
    """What the sales say about stock."""

    # Products without a ledger: an inferred opening entry, or a refusal.
    opening: Literal["infer", "strict"] = "infer"
    # Products with a ledger: a refusal, or an inferred count gain.
    shortage: Literal["refuse", "correct"] = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A whole mapping file."""

    file: FileRules = field(default_factory=FileRules)
    # Our field = their column.
    columns: dict[str, str] = field(default_factory=dict)
    # Our field = the value of every line whose own is empty.
    constants: dict[str, str] = field(default_factory=dict)
    # Our field = regular expression of what to cut out of the cell.
    remove: dict[str, str] = field(default_factory=dict)
    # Our field = {their word = ours}.
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    time: TimeRules = field(default_factory=TimeRules)
    keys: KeyRules = field(default_factory=KeyRules)
    lines: LineRules = field(default_factory=LineRules)
    returns: ReturnRules = field(default_factory=ReturnRules)
    products: ProductRules = field(default_factory=ProductRules)
    suppliers: SupplierRules = field(default_factory=SupplierRules)
    customers: CustomerRules = field(default_factory=CustomerRules)
    stock: StockRules = field(default_factory=StockRules)


def read_mapping(path: Path, *, known_fields: typing.Collection[str]) -> Mapping:
    """Read a mapping file for lines with these fields.

    Raises MappingError when it is no TOML, names what is not known, or gives a value that the
    key cannot have; OSError when it cannot be read.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path.name} is no TOML file: {error}") from error
    return parse_mapping(content, known_fields=known_fields)


def parse_mapping(content: dict[str, Any], *, known_fields: typing.Collection[str]) -> Mapping:
    """Turn the tables of a mapping file into a Mapping; raises MappingError."""
    mapping = _dataclass(Mapping, content, "")
    for name in ("columns", "constants", "remove", "values"):
        for key in getattr(mapping, name):
            if key not in known_fields:
                raise MappingError(f"[{name}] {_unknown(key, known_fields, 'field')}")
    _check_patterns(mapping)
    _check_zone(mapping.time.zone)
    if len(mapping.file.delimiter.encode()) != 1:
        raise MappingError("[file] delimiter must be one character.")
    if mapping.file.thousands == mapping.file.decimal:
        raise MappingError("[file] decimal and thousands must differ.")
    if not 0 <= mapping.products.unit_cost_share <= 1:
        raise MappingError("[products] unit_cost_share lies between 0 and 1.")
    return mapping


def _check_patterns(mapping: Mapping) -> None:
    patterns = {
        "[returns] credit_note": mapping.returns.credit_note,
        "[products] not_product_pattern": mapping.products.not_product_pattern,
        **{f"[products] bad_names[{i}]": p for i, p in enumerate(mapping.products.bad_names)},
        **{f"[remove] {key}": pattern for key, pattern in mapping.remove.items()},
    }
    for where, pattern in patterns.items():
        try:
            pl.Series([""]).str.contains(pattern)
        except pl.exceptions.ComputeError as error:
            raise MappingError(f"{where} is no regular expression: {error}.") from error


def _check_zone(zone: str) -> None:
    if zone:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise MappingError(
                f"[time] zone: {zone!r} is no time zone; use a name such as Europe/London."
            ) from error


_T = TypeVar("_T")


def _dataclass(kind: type[_T], content: dict[str, Any], where: str) -> _T:
    """Fill a dataclass from a TOML table, checking names and types."""
    hints = typing.get_type_hints(kind)
    for key in content:
        if key not in hints:
            raise MappingError(
                f"[{where}] {_unknown(key, hints, 'key')}" if where else _unknown_table(key, hints)
            )
    arguments = {
        key: _value(hints[key], value, f"{where}.{key}" if where else key)
        for key, value in content.items()
    }
    return kind(**arguments)


def _value(hint: Any, value: object, where: str) -> Any:
    if is_dataclass(hint):
        return _dataclass(typing.cast(type[object], hint), _table(value, where), where)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        if value not in arguments:
            raise MappingError(f"{where} is {value!r}; it must be {_one_of(arguments)}.")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise MappingError(f"{where} must be a list.")
        return tuple(_value(arguments[0], item, where) for item in value)
    if origin is dict:
        return {
            key: _value(arguments[1], item, f"{where}.{key}")
            for key, item in _table(value, where).items()
        }
    return _scalar(hint, value, where)


def _scalar(hint: Any, value: object, where: str) -> Any:
    if hint is Reason:
        if value not in list(Reason):
            raise MappingError(f"{where}: {_unknown(str(value), list(Reason), 'reason')}")
        return Reason(str(value))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is str and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, hint):
        names = {str: "a text", bool: "true or false", float: "a number"}
        raise MappingError(f"{where} must be {names[hint]}.")
    return value


def _table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MappingError(f"{where} must be a table.")
    return value


def _unknown_table(key: str, known: typing.Collection[str]) -> str:
    return _unknown(key, known, "table")


def _unknown(key: str, known: typing.Collection[str], what: str) -> str:
    """Say that a name is not known, and the nearest that is."""
    near = get_close_matches(key, [str(name) for name in known], n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {_one_of(sorted(known))}."
    return f"{key!r} is no known {what}: {hint}"


def _one_of(values: typing.Iterable[object]) -> str:
    return ", ".join(repr(str(value)) for value in values)
