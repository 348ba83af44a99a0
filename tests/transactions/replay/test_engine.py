"""A replay learns whatever world it is in, and from nothing that it could not know."""

from dataclasses import replace

import numpy as np
import pytest

from tests.transactions.replay.worlds import MadeUp, World, made_up
from transactions.fraud.columns import CODES
from transactions.fraud.frame import DAY_US, Floats, SalesFrame, text_column
from transactions.fraud.learning.contest import Kind
from transactions.fraud.learning.measures import average_precision
from transactions.fraud.replay.engine import WEEK_US, LabelledSales, Replay, Stretch

WORLDS = {
    "long runs, small multiple": World(seed=1, bad_device_days=45, multiplier=3.0),
    "short runs, large multiple": World(
        seed=2, bad_device_days=16, multiplier=8.0, bad_devices_a_day=0.5, cut_share=0.006
    ),
}


def replayed(history: LabelledSales, **options: object) -> list[Stretch]:
    settings: dict[str, object] = {"label_delay_us": 7 * DAY_US, "challenge": False} | options
    return list(Replay(history, **settings).stretches())  # type: ignore[arg-type] # as named


def log_odds(stretches: list[Stretch]) -> Floats:
    return np.concatenate([stretch.scores.log_odds for stretch in stretches])


def last_weeks(world: MadeUp, weeks: int = 4) -> slice:
    at_us = world.history.sales.timestamp_us
    return slice(int(np.searchsorted(at_us, at_us[-1] - weeks * WEEK_US)), len(at_us))


def cut(history: LabelledSales, chosen: slice) -> LabelledSales:
    sales = history.sales
    columns = {name: getattr(sales, name) for name in SalesFrame.__dataclass_fields__}
    known = {name: column[chosen] for name, column in columns.items() if column is not None}
    return LabelledSales(SalesFrame(**known), history.label[chosen])


@pytest.mark.parametrize("name", WORLDS)
def test_a_refitted_model_beats_the_prior_and_comes_near_what_can_be_known(name: str) -> None:
    world = made_up(WORLDS[name])
    own = last_weeks(world)
    is_fraud = world.history.label[own] == 1

    learned = log_odds(replayed(world.history))[own]
    prior = log_odds(replayed(world.history, refit_us=None))[own]

    # Who knew all but what nobody can know would find every other fraud first.
    limit = average_precision(is_fraud, (is_fraud & ~world.hidden[own]).astype(np.float64))
    reached, without = (average_precision(is_fraud, scores) for scores in (learned, prior))
    assert reached > without + 0.1
    assert reached > 0.85 * limit
    # More than can be known would be a leak.
    assert reached < limit + 0.02


@pytest.fixture(scope="module")
def world() -> MadeUp:
    return made_up(World(seed=5, customers=120, devices=120, days=70))


@pytest.fixture(scope="module")
def scores(world: MadeUp) -> Floats:
    return log_odds(replayed(world.history))


def test_labels_younger_than_the_delay_change_nothing(world: MadeUp, scores: Floats) -> None:
    at_us = world.history.sales.timestamp_us
    for days in (30.5, 60):
        now = int(at_us[0] + days * DAY_US)
        young = at_us > now - 7 * DAY_US
        changed = LabelledSales(
            world.history.sales, np.where(young, 1 - world.history.label, world.history.label)
        )
        # The replay of a stretch may go beyond now; only what came before is compared.
        before = at_us <= now

        assert np.array_equal(log_odds(replayed(changed))[before], scores[before])
        assert not np.array_equal(log_odds(replayed(changed)), scores)


def test_lines_that_come_later_change_nothing(world: MadeUp, scores: Floats) -> None:
    for share in (0.37, 0.8):
        kept = int(len(scores) * share)

        assert np.array_equal(log_odds(replayed(cut(world.history, slice(kept)))), scores[:kept])


def test_the_challenger_does_not_move_the_champion_unless_it_wins(
    world: MadeUp, scores: Floats
) -> None:
    stretches = replayed(world.history, challenge=True)

    additive = [stretch for stretch in stretches if stretch.kind != Kind.BOOSTED]
    for stretch in additive:
        np.testing.assert_array_equal(stretch.scores.log_odds, scores[stretch.first : stretch.end])
    assert len(additive) >= 6


def test_contributions_add_up_to_the_score_and_name_the_model(world: MadeUp) -> None:
    stretches = replayed(world.history)

    first, last = stretches[0].scores, stretches[-1].scores
    assert first.version == "prior.4"
    assert last.version.startswith("additive.20")
    assert last.contributions.shape[1] == 1 + len(CODES)
    score = last.fraud_score
    np.testing.assert_allclose(
        np.log(score / (1 - score)), last.contributions.sum(axis=1), atol=1e-6
    )
    assert {"L1", "L2", "L4"} <= {
        CODES[column] for column in np.flatnonzero((last.contributions[:, 1:] > 0).any(axis=0))
    }


def test_without_labels_the_prior_goes_on(world: MadeUp) -> None:
    unknown = LabelledSales(world.history.sales, np.full(len(world.history.label), -1))

    assert {stretch.scores.version for stretch in replayed(unknown)} == {"prior.4"}


def test_a_replay_without_devices_still_learns(world: MadeUp) -> None:
    sales = replace(world.history.sales, device=text_column([""] * len(world.history.label)))

    stretches = replayed(LabelledSales(sales, world.history.label))

    assert stretches[-1].kind == Kind.ADDITIVE
    assert not (stretches[-1].scores.contributions[:, 1 + CODES.index("L4")] > 0).any()


def test_an_empty_history_has_no_stretches() -> None:
    nothing = cut(made_up(World(seed=1, customers=2, devices=2, days=3)).history, slice(0))

    assert replayed(nothing) == []
