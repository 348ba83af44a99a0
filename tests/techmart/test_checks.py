"""System checks of the deployment as a whole."""

import pytest
from django.core.checks import Tags, run_checks
from pytest_django.fixtures import SettingsWrapper


@pytest.mark.parametrize(
    ("fallbacks", "pseudonym_key", "told"),
    [
        ([], "new", []),
        (["old"], "old", []),
        (["old"], "new", ["techmart.W001"]),
    ],
)
def test_a_rotated_secret_key_must_leave_the_pseudonyms_theirs(
    settings: SettingsWrapper, fallbacks: list[str], pseudonym_key: str, told: list[str]
) -> None:
    # PSEUDONYM_KEY is SECRET_KEY where nobody set it.
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", fallbacks
    settings.PSEUDONYM_KEY = pseudonym_key

    found = run_checks(tags=[Tags.security], include_deployment_checks=True)

    assert [message.id for message in found if str(message.id).startswith("techmart.")] == told
    # Only a deployment has sessions and cards to lose.
    quiet = run_checks(tags=[Tags.security])
    assert not [message for message in quiet if message.id == "techmart.W001"]
