"""score_history and evaluate_scores, from file to file and without a database."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.transactions.replay.worlds import START_US, World, made_up
from transactions.fraud.frame import DAY_US

MAPPING = settings.BASE_DIR / "examples" / "handbook.toml"


@pytest.fixture(scope="module")
def lines() -> pl.DataFrame:
    """Return a small world in the columns of the handbook's data."""
    history = made_up(World(seed=9, customers=60, devices=60, days=56, bad_devices_a_day=1)).history
    sales = history.sales
    seconds = sales.timestamp_us // 1_000_000 * 1_000_000
    return pl.DataFrame(
        {
            "transaction_id": np.arange(len(history.label)),
            "tx_datetime": pl.Series(seconds).cast(pl.Datetime("us")),
            "customer_id": sales.customer_id,
            "terminal_id": sales.devices.tolist(),
            "amount": sales.amount_cents / 100,
            "is_fraud": history.label,
            "fraud_scenario": history.label * 2,
        }
    )


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def written(frame: pl.DataFrame, name: str = "lines.csv") -> Path:
        path = tmp_path / name
        if name.endswith(".parquet"):
            frame.write_parquet(path)
        else:
            frame.write_csv(path, datetime_format="%Y-%m-%d %H:%M:%S")
        return path

    return written


def scored(path: Path, **options: object) -> pl.DataFrame:
    out = path.with_suffix(".scores.csv")
    call_command("score_history", path, out=out, mapping=MAPPING, stdout=StringIO(), **options)
    return pl.read_csv(out, schema_overrides={"transaction_id": pl.String})


def test_every_line_gets_a_score_whose_contributions_add_up(
    lines: pl.DataFrame, write: Callable[..., Path]
) -> None:
    scores = scored(write(lines))

    assert scores.columns == ["transaction_id", "fraud_score", "is_suspicious", "contributions"]
    assert scores["transaction_id"].to_list() == [str(i) for i in range(lines.height)]
    score = scores["fraud_score"].to_numpy()
    parts = [json.loads(text) for text in scores["contributions"]]
    total = np.array([sum(part.values()) for part in parts])
    np.testing.assert_allclose(1 / (1 + np.exp(-total)), score, atol=1e-9)
    assert scores["is_suspicious"].to_list() == (score > 0.5).tolist()
    assert 0 < scores["is_suspicious"].sum() < lines.height / 4


def test_the_scenario_plays_no_part_and_files_of_both_kinds_score_alike(
    lines: pl.DataFrame, write: Callable[..., Path]
) -> None:
    scores = scored(write(lines))

    assert scored(write(lines.drop("fraud_scenario"), "without.csv")).equals(scores)
    assert scored(write(lines, "lines.parquet")).equals(scores)
    shuffled = lines.sample(fraction=1, shuffle=True, seed=1).sort("tx_datetime", descending=True)
    again = scored(write(shuffled, "shuffled.csv"))
    same = again.join(scores, on="transaction_id", suffix="_before")
    # Lines of one second stand in the file's order, which was turned around.
    assert (same["fraud_score"] - same["fraud_score_before"]).abs().max() < 0.05  # type: ignore[operator] # a number


def test_start_leaves_out_what_came_before_but_not_its_history(
    lines: pl.DataFrame, write: Callable[..., Path]
) -> None:
    path = write(lines)
    whole = scored(path)
    day = pl.Series([START_US + 40 * DAY_US]).cast(pl.Datetime("us"))[0].date()

    rest = scored(path, start=day)

    assert 0 < rest.height < whole.height
    assert rest.equals(whole.tail(rest.height))


def test_labels_can_be_named_and_never_refitting_leaves_the_prior(
    lines: pl.DataFrame, write: Callable[..., Path]
) -> None:
    path = write(lines.rename({"is_fraud": "bad"}))
    out = path.with_suffix(".scores.csv")
    said = StringIO()

    call_command("score_history", path, out=out, label_column="bad", refit="never", stdout=said)

    assert "priors" in said.getvalue()
    assert "additive" not in said.getvalue()


def test_evaluate_scores_prints_the_measures(
    lines: pl.DataFrame, write: Callable[..., Path]
) -> None:
    path = write(lines)
    perfect = write(
        lines.select(
            "transaction_id",
            fraud_score=pl.col("is_fraud").cast(pl.Float64),
            is_suspicious=pl.col("is_fraud") == 1,
        ),
        "perfect.csv",
    )
    said = StringIO()

    call_command(
        "evaluate_scores",
        perfect,
        truth=path,
        week=lines["tx_datetime"][-1].date() - timedelta(days=7),
        label_column="is_fraud",
        stdout=said,
    )

    values = dict(line.rsplit(maxsplit=1) for line in said.getvalue().splitlines()[1:])
    assert values["AUC"] == values["Average precision"] == "1.0000"
    assert values["Precision, suspicious"] == values["Recall, suspicious"] == "1.0000"
    assert 0 < float(values["Card precision at 100"]) < 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"amount": pl.lit("abc")}, r"Line 2, column 'amount': 'abc' .*plain number"),
        ({"tx_datetime": pl.lit("soon")}, r"Line 2, column 'tx_datetime': 'soon' .*format"),
        ({"is_fraud": pl.lit("maybe")}, r"Line 2, column 'is_fraud': 'maybe'"),
        ({"transaction_id": pl.lit(None)}, r"Line 2, column 'transaction_id': '' .*Fill"),
        ({"transaction_id": pl.lit(7)}, r"Transaction '7' comes twice"),
        ({"amount": pl.lit("-1")}, r"column 'amount': '-1' is no good \(out_of_range\)"),
    ],
)
def test_cells_that_cannot_be_used_are_named(
    lines: pl.DataFrame,
    write: Callable[..., Path],
    change: dict[str, pl.Expr],
    message: str,
) -> None:
    path = write(lines.head(3).with_columns(**change))

    with pytest.raises(CommandError, match=message):
        scored(path)
    assert not path.with_suffix(".scores.csv").exists()


def test_files_columns_and_mappings_that_are_not_there_are_named(
    lines: pl.DataFrame, write: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=r"No such file.*nowhere\.csv"):
        scored(tmp_path / "nowhere.csv")
    with pytest.raises(CommandError, match="no column 'terminal_id'"):
        scored(write(lines.drop("terminal_id")))
    with pytest.raises(CommandError, match="no column 'is_fruad': did you mean 'is_fraud'"):
        scored(write(lines), label_column="is_fruad")
    with pytest.raises(CommandError, match="no column for customer"):
        call_command(
            "score_history", write(lines.drop("customer_id")), out=tmp_path / "x", stdout=StringIO()
        )
    bad = tmp_path / "bad.toml"
    bad.write_text("[columns]\ncustomr = 'customer_id'\n")
    with pytest.raises(CommandError, match="did you mean 'customer'"):
        call_command("score_history", write(lines), out=tmp_path / "x", mapping=bad)


@pytest.mark.parametrize(
    ("scores", "week", "message"),
    [
        ("transaction_id,fraud_score\n", "2022-02-01", "no column 'is_suspicious'"),
        ("transaction_id,fraud_score,is_suspicious\n1,0.5,1\n", "2022-02-01", "have no score"),
        ("transaction_id,fraud_score,is_suspicious\n1,0.5,1\n", "2030-01-01", "has to reach from"),
    ],
)
def test_scores_that_do_not_fit_are_refused(
    lines: pl.DataFrame, write: Callable[..., Path], scores: str, week: str, message: str
) -> None:
    path = write(lines)
    given = path.with_name("given.csv")
    given.write_text(scores)

    with pytest.raises(CommandError, match=message):
        call_command("evaluate_scores", given, f"--truth={path}", f"--week={week}")


def test_options_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    for wrong in ("--label-delay=7", "--start=yesterday", "--refit=hourly"):
        with pytest.raises(CommandError):
            call_command("score_history", "x.csv", f"--out={tmp_path / 'x'}", wrong)
