"""ABC by margin, XYZ by forecast error, on figures worked by hand."""

import numpy as np
import pytest

from inventory.reorder.classes import abc_classes, xyz_classes


def test_the_item_that_crosses_a_line_belongs_to_the_upper_class() -> None:
    # Of 100: 70, then 85 (crosses 80), 94, 97 (crosses 95), 100
    margins = np.array([70.0, 15, 9, 3, 3])

    assert abc_classes(margins).tolist() == ["A", "A", "B", "B", "C"]


def test_order_of_products_does_not_matter() -> None:
    margins = np.array([3.0, 70, 9, 3, 15])

    assert abc_classes(margins).tolist() == ["B", "A", "B", "C", "A"]


def test_what_earns_nothing_is_c() -> None:
    assert abc_classes(np.array([0.0, -5.0, 10.0])).tolist() == ["C", "C", "A"]
    assert abc_classes(np.array([0.0, 0.0])).tolist() == ["C", "C"]
    assert abc_classes(np.array([])).tolist() == []


@pytest.mark.parametrize(
    ("share_before", "current", "expected"),
    [
        # From below the first line stands at 78, from A at 82; the second at 94.5 and 95.5.
        (79, "B", "B"),
        (77, "B", "A"),
        (81, "A", "A"),
        (83, "A", "B"),
        (95.2, "B", "B"),
        (95.2, "C", "C"),
        (94.8, "C", "C"),
        (94.2, "C", "B"),
        (96, "A", "C"),
    ],
)
def test_abc_with_hysteresis(share_before: float, current: str, expected: str) -> None:
    # Of 100: what comes before it, itself, and the rest in small parts.
    rest = (99 - share_before) / 100
    margins = np.array([share_before, 1.0, *[rest] * 100])

    classes = abc_classes(margins, np.array(["A", current, *["C"] * 100]))

    assert classes[1] == expected


@pytest.mark.parametrize(
    ("wape", "current", "expected"),
    [
        # From Z the lines stand at 0.225 and 0.54, from X at 0.275 and 0.66.
        (0.22, "Z", "X"),
        (0.23, "Z", "Y"),
        (0.27, "X", "X"),
        (0.28, "X", "Y"),
        (0.23, "Y", "Y"),
        (0.22, "Y", "X"),
        (0.65, "Y", "Y"),
        (0.67, "Y", "Z"),
        (0.55, "Z", "Z"),
        (0.53, "Z", "Y"),
        (float("nan"), "X", "Z"),
    ],
)
def test_xyz_with_hysteresis(wape: float, current: str, expected: str) -> None:
    assert xyz_classes(np.array([wape]), np.array([current])).tolist() == [expected]
