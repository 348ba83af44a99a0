"""The champion changes for a better model, not for an equal one."""

import pytest

from transactions.fraud.learning.contest import Kind, LabelledWeek, champion_of


def weeks(*gains: float, frauds: int = 50) -> list[LabelledWeek]:
    """Return weeks in which the boosted model was better by so much."""
    return [LabelledWeek(frauds, 0.5, 0.5 + gain) for gain in gains]


@pytest.mark.parametrize(
    ("incumbent", "gains", "champion"),
    [
        (Kind.ADDITIVE, (0.03, 0.03, 0.03, 0.03), Kind.BOOSTED),
        (Kind.ADDITIVE, (0.005,) * 4, Kind.ADDITIVE),
        # One lucky week is not enough.
        (Kind.ADDITIVE, (0.2, -0.01, -0.01, 0.0), Kind.ADDITIVE),
        # Within the margin either stays.
        (Kind.BOOSTED, (-0.005,) * 4, Kind.BOOSTED),
        (Kind.BOOSTED, (-0.02,) * 4, Kind.ADDITIVE),
        # Only the newest four count.
        (Kind.ADDITIVE, (-0.3, 0.02, 0.02, 0.02, 0.02), Kind.BOOSTED),
        (Kind.ADDITIVE, (0.3, 0.3, 0.3), Kind.ADDITIVE),
    ],
)
def test_the_champion(incumbent: Kind, gains: tuple[float, ...], champion: Kind) -> None:
    assert champion_of(weeks(*gains), incumbent=incumbent) == champion


def test_weeks_with_few_frauds_do_not_tell() -> None:
    told = [*weeks(0.03, 0.03, 0.03, 0.03), *weeks(-0.5, -0.5, frauds=9)]

    assert champion_of(told, incumbent=Kind.ADDITIVE) == Kind.BOOSTED
