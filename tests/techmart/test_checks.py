"""System checks of the deployment as a whole."""

import pytest
from django.core.checks import Tags, run_checks
from pytest_django import Settings

from techmart.checks import webhooks_stay_outside


@pytest.mark.parametrize(
    ("fallbacks", "pseudonym_key", "told"),
    [
        ([], "new", []),
        (["old"], "old", []),
        (["old"], "new", ["techmart.W001"]),
    ],
)
def test_a_rotated_secret_key_must_leave_the_pseudonyms_theirs(
    settings: Settings, fallbacks: list[str], pseudonym_key: str, told: list[str]
) -> None:
    # PSEUDONYM_KEY is SECRET_KEY where nobody set it.
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", fallbacks
    settings.PSEUDONYM_KEY = pseudonym_key

    found = run_checks(tags=[Tags.security], include_deployment_checks=True)

    assert [message.id for message in found if message.id == "techmart.W001"] == told


def test_webhooks_into_the_house_are_warned_of(settings: Settings) -> None:
    settings.WEBHOOK_PRIVATE_HOSTS = False
    assert webhooks_stay_outside() == []

    settings.WEBHOOK_PRIVATE_HOSTS = True
    [warning] = webhooks_stay_outside()
    assert warning.id == "techmart.W002"
    assert "WEBHOOK_PRIVATE_HOSTS" in str(warning.hint)
