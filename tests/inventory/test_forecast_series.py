"""`manage.py forecast_series`: files in, files out, and what it refuses."""

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from inventory.arrays import FloatArray

FIRST = date(2024, 1, 1)


def write_history(path: Path, units: FloatArray, *, step: int = 1) -> None:
    """Write a product a row of units, a period of so many days a column; zeros have no row."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["product_id", "date", "quantity"])
        for product, row in enumerate(units):
            for period in np.flatnonzero(row):
                writer.writerow(
                    [f"P{product:03d}", FIRST + timedelta(days=int(period) * step), row[period]]
                )


def run(folder: Path, *options: str, cutoffs: str = "2024-06-30\n") -> list[dict[str, str]]:
    """Forecast folder/history.csv and return the rows of forecast.csv."""
    (folder / "cutoffs.txt").write_text(cutoffs)
    call_command(
        "forecast_series",
        str(folder / "history.csv"),
        "--cutoffs",
        str(folder / "cutoffs.txt"),
        "--out",
        str(folder / "forecast.csv"),
        "--lead-out",
        str(folder / "lead.csv"),
        *options,
        verbosity=0,
    )
    return rows_of(folder / "forecast.csv")


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open() as file:
        return list(csv.DictReader(file))


def poisson(products: int, periods: int, mean: float = 3.0) -> FloatArray:
    """Return units of products that sell alike, the first period always something."""
    units = np.random.default_rng(3).poisson(mean, size=(products, periods)).astype(float)
    units[:, 0] = np.maximum(units[:, 0], 1)
    return units


def test_each_product_gets_each_future_day_and_one_sum(tmp_path: Path) -> None:
    write_history(tmp_path / "history.csv", poisson(6, 240))

    rows = run(tmp_path, cutoffs="2024-06-30\n2024-07-28\n")

    assert len(rows) == 2 * 6 * 28
    assert list(rows[0]) == [
        *("cutoff", "product_id", "date", "mean"),
        *("q025", "q100", "q250", "q500", "q750", "q900", "q975"),
    ]
    first = [
        row["date"] for row in rows if (row["cutoff"], row["product_id"]) == ("2024-06-30", "P000")
    ]
    assert first == [(date(2024, 7, 1) + timedelta(days=n)).isoformat() for n in range(28)]
    lead = rows_of(tmp_path / "lead.csv")
    assert len(lead) == 12
    assert list(lead[0]) == ["cutoff", "product_id", "q500", "q750", "q900", "q950", "q975"]
    # Poisson(3) a day: the mean is near 3, the sum of 8 days near 24.
    assert 2.4 < float(rows[0]["mean"]) < 3.6
    assert 19 <= float(lead[0]["q500"]) <= 29


def test_rows_after_the_cutoff_change_nothing(tmp_path: Path) -> None:
    units = poisson(5, 300)
    write_history(tmp_path / "history.csv", units)
    with_future = run(tmp_path)
    lead_with_future = rows_of(tmp_path / "lead.csv")
    # 30 June is day 181 of the series: what follows is gone.
    write_history(tmp_path / "history.csv", units[:, :182])

    assert run(tmp_path) == with_future
    assert rows_of(tmp_path / "lead.csv") == lead_with_future


def test_a_cutoff_inside_a_week_sees_the_week_that_began(tmp_path: Path) -> None:
    write_history(tmp_path / "history.csv", poisson(5, 40), step=7)

    rows = run(tmp_path, "--freq", "W", cutoffs="2024-07-03\n")

    # 2024-07-01 is a Monday like the first date, and visible.
    assert sorted({row["date"] for row in rows}) == [
        "2024-07-08",
        "2024-07-15",
        "2024-07-22",
        "2024-07-29",
    ]


def test_months_are_calendar_months(tmp_path: Path) -> None:
    lines = [f"A,{year}-{month:02d}-01,{month}" for year in (2022, 2023) for month in range(1, 13)]
    (tmp_path / "history.csv").write_text("product_id,date,quantity\n" + "\n".join(lines))

    rows = run(tmp_path, "--freq", "M", "--horizon", "2", cutoffs="2023-12-15\n")

    assert [row["date"] for row in rows] == ["2024-01-01", "2024-02-01"]


def test_days_without_a_row_up_to_the_cutoff_are_zeros(tmp_path: Path) -> None:
    write_history(tmp_path / "history.csv", poisson(5, 100))

    at_the_end = run(tmp_path, cutoffs="2024-04-09\n")
    later = run(tmp_path, cutoffs="2024-06-09\n")

    assert float(later[0]["mean"]) < float(at_the_end[0]["mean"]) / 3
    assert later[0]["date"] == "2024-06-10"


def test_odd_series_are_forecast(tmp_path: Path) -> None:
    units = np.zeros((6, 182))
    units[0, 90] = 1  # one sale ever
    units[1, 181] = 4  # first sold on the last day
    units[2] = 5  # the same each day
    units[3] = 0.25  # parts of a unit
    units[4, ::3] = 1e7  # very large
    units[5, 170:] = 2  # short
    write_history(tmp_path / "history.csv", units)

    rows = run(tmp_path)
    lead = rows_of(tmp_path / "lead.csv")

    assert len(rows) == 6 * 28
    assert len(lead) == 6
    names = ["q025", "q100", "q250", "q500", "q750", "q900", "q975"]
    for row in rows:
        values = [float(row[name]) for name in names]
        assert values == sorted(values)
        assert min(values) >= 0
        assert np.isfinite(float(row["mean"]))
    parts = {row["mean"] for row in rows if row["product_id"] == "P003"}
    assert 0.2 < float(parts.pop()) < 0.3


def test_a_product_whose_rows_are_all_zero_is_not_known(tmp_path: Path) -> None:
    write_history(tmp_path / "history.csv", poisson(3, 182))
    with (tmp_path / "history.csv").open("a") as file:
        file.write("ZERO,2024-02-01,0\n")

    assert {row["product_id"] for row in run(tmp_path)} == {"P000", "P001", "P002"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("product_id,date,quantity\n", "has no rows"),
        ("product,day\nA,2024-01-01\n", "lacks the columns product_id, date, quantity"),
        ("product_id,date,quantity\nA,01.02.2024,3\n", "Row 2 .* has the date 01.02.2024"),
        ("product_id,date,quantity\nA,2024-01-01,many\n", "Row 2 .* has the quantity many"),
        ("product_id,date,quantity\n,2024-01-01,1\n", "Row 2 .* has no product_id"),
        (
            "product_id,date,quantity\nA,2024-01-01,1\nA,2024-01-01,2\n",
            "Row 2 .* is not the only one of product A on 2024-01-01",
        ),
        ("product_id,date,quantity\nA,2024-12-01,1\n", "Nothing was sold on or before"),
        ("product_id,date,quantity\nA,2024-01-01,0\n", "Nothing was sold on or before"),
    ],
)
def test_a_file_that_is_no_history_is_named_with_the_remedy(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "history.csv").write_text(text)

    with pytest.raises(CommandError, match=message):
        run(tmp_path)


@pytest.mark.parametrize(
    ("frequency", "day", "message"),
    [("W", "2024-01-09", "begins no week"), ("M", "2024-01-02", "begins no month")],
)
def test_a_date_inside_a_period_is_refused(
    tmp_path: Path, frequency: str, day: str, message: str
) -> None:
    (tmp_path / "history.csv").write_text(f"product_id,date,quantity\nA,2024-01-01,1\nA,{day},1\n")

    with pytest.raises(CommandError, match=message):
        run(tmp_path, "--freq", frequency)


@pytest.mark.parametrize(
    ("cutoffs", "message"),
    [("\n", "names no cut-off"), ("2024-06-30\nsoon\n", "Line 2 .* is 'soon'")],
)
def test_cutoffs_are_dates(tmp_path: Path, cutoffs: str, message: str) -> None:
    write_history(tmp_path / "history.csv", poisson(2, 182))

    with pytest.raises(CommandError, match=message):
        run(tmp_path, cutoffs=cutoffs)
