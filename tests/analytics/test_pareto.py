"""Classes by cumulative share, and the bars of the chart."""

from decimal import Decimal

from analytics.reports.pareto import grouped, ranked


def test_what_crosses_a_line_counts_in_the_upper_class() -> None:
    found = ranked([("d", Decimal(4)), ("a", Decimal(70)), ("b", Decimal(15)), ("c", Decimal(11))])

    assert [(entry.key, entry.letter) for entry in found] == [
        ("a", "A"),
        ("b", "A"),
        ("c", "B"),
        ("d", "C"),
    ]
    assert [entry.cumulative for entry in found] == [0.70, 0.85, 0.96, 1.0]


def test_what_came_back_has_no_rank() -> None:
    assert [entry.key for entry in ranked([("a", Decimal(5)), ("b", Decimal(-1))])] == ["a"]
    assert ranked([]) == []


def test_many_entries_are_drawn_as_few_bars() -> None:
    entries = ranked([(key, Decimal(100 - key)) for key in range(100)])

    bars = grouped(entries, most=24)

    assert len(bars) == 20
    assert bars[0].name == "1 to 5"
    assert bars[0].value == 98.0
    assert bars[-1].cumulative == 1.0
    assert sum(bar.value * (bar.last - bar.first + 1) for bar in bars) == sum(range(1, 101))
