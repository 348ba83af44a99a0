"""Mapping files: what they say, and what they may not say."""

from pathlib import Path
from typing import Any

import pytest

from transactions.importing.fields import SALES_FIELDS
from transactions.importing.mapping import Mapping, MappingError, parse_mapping, read_mapping
from transactions.importing.refusals import Reason

EXAMPLES = Path(__file__).parents[3] / "examples"


def parse(**tables: Any) -> Mapping:
    return parse_mapping(tables, known_fields=SALES_FIELDS)


def test_an_empty_file_means_the_defaults() -> None:
    assert parse() == Mapping()


def test_values_of_every_type_are_taken() -> None:
    mapping = parse(
        columns={"sku": "Artikel"},
        file={"decimal": ",", "nothing": ["NULL"]},
        lines={"expected_refusals": ["zero_price"]},
        returns={"restock": False},
        products={"unit_cost_share": 1},
        values={"status": {"bezahlt": "completed"}},
    )

    assert mapping.columns == {"sku": "Artikel"}
    assert mapping.file.decimal == ","
    assert mapping.file.nothing == ("NULL",)
    assert mapping.lines.expected_refusals == (Reason.ZERO_PRICE,)
    assert mapping.returns.restock is False
    assert mapping.products.unit_cost_share == 1.0
    assert mapping.values == {"status": {"bezahlt": "completed"}}


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"colums": {}}, "'colums' is no known table: did you mean 'columns'?"),
        (
            {"returns": {"credit_nota": "^C"}},
            "[returns] 'credit_nota' is no known key: did you mean 'credit_note'?",
        ),
        (
            {"columns": {"quantty": "Q"}},
            "[columns] 'quantty' is no known field: did you mean 'quantity'?",
        ),
        (
            {"lines": {"expected_refusals": ["zero_prize"]}},
            "lines.expected_refusals: 'zero_prize' is no known reason: did you mean 'zero_price'?",
        ),
        ({"file": {"decimal": ";"}}, "file.decimal is ';'; it must be '.', ','."),
        ({"returns": {"restock": "no"}}, "returns.restock must be true or false."),
        ({"columns": ["sku"]}, "columns must be a table."),
        ({"time": {"formats": "%Y"}}, "time.formats must be a list."),
        ({"time": {"zone": "London"}}, "[time] zone: 'London' is no time zone"),
        ({"returns": {"credit_note": "("}}, "[returns] credit_note is no regular expression"),
        ({"file": {"thousands": "."}}, "[file] decimal and thousands must differ."),
        ({"file": {"delimiter": "::"}}, "[file] delimiter must be one character."),
        ({"products": {"unit_cost_share": 2}}, "unit_cost_share lies between 0 and 1."),
    ],
)
def test_what_cannot_be_followed_is_named(tables: dict[str, Any], message: str) -> None:
    with pytest.raises(MappingError) as refusal:
        parse_mapping(tables, known_fields=SALES_FIELDS)

    assert message in str(refusal.value)


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text("[columns\n")

    with pytest.raises(MappingError, match=r"m\.toml is no TOML file"):
        read_mapping(path, known_fields=SALES_FIELDS)


# A mapping of score_history, which tests/transactions/replay follows.
_OF_OTHERS = {"handbook.toml"}


@pytest.mark.parametrize(
    "path",
    sorted(path for path in EXAMPLES.glob("*.toml") if path.name not in _OF_OTHERS),
    ids=lambda path: path.name,
)
def test_shipped_examples_can_be_followed(path: Path) -> None:
    assert read_mapping(path, known_fields=SALES_FIELDS).columns
