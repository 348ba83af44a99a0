"""The functions that the rest of the house calls, on Django's default cache."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from techmart.lib.cache import Tag, bump_on_commit, get_many, get_or_compute
from techmart.lib.cache.backend import default_backend
from techmart.lib.cache.entry import CacheEntry

SALES = CacheEntry("dashboard:sales", ttl=300, tags=(Tag.SALES,))
PREDICTION = CacheEntry("predictions:{product_id}", ttl=300, tags=(Tag.PREDICTIONS,))


def test_values_are_read_through_the_default_cache(default_cache: str) -> None:
    get_or_compute(SALES, {}, lambda: 1)
    get_many(PREDICTION, [{"product_id": 1}], lambda asked: [2 for _ in asked])

    assert (
        default_backend().redis.exists(
            f"{default_cache}:1:dashboard:sales", f"{default_cache}:1:predictions:1"
        )
        == 2
    )


@pytest.mark.django_db
def test_bump_waits_for_the_commit(
    default_cache: str, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    get_or_compute(SALES, {}, lambda: "old")

    with django_capture_on_commit_callbacks(execute=True):
        bump_on_commit(Tag.SALES)
        assert get_or_compute(SALES, {}, lambda: "new").value == "old"

    assert get_or_compute(SALES, {}, lambda: "new").value == "new"


@pytest.mark.django_db(transaction=True)
def test_change_that_is_rolled_back_bumps_nothing(default_cache: str) -> None:
    get_or_compute(SALES, {}, lambda: "old")

    with transaction.atomic():
        bump_on_commit(Tag.SALES)
        transaction.set_rollback(True)

    assert get_or_compute(SALES, {}, lambda: "new").value == "old"


def test_operator_removes_values_by_pattern(
    default_cache: str, capsys: pytest.CaptureFixture[str]
) -> None:
    get_or_compute(SALES, {}, lambda: "old")
    # More than one step of the scan and of the removal.
    asked = [{"product_id": number} for number in range(2500)]
    get_many(PREDICTION, asked, lambda missing: list(missing))

    call_command("purge_cache", "predictions:*")

    assert capsys.readouterr().out == "Removed 2500 cached values.\n"
    assert not get_or_compute(PREDICTION, {"product_id": 1}, lambda: 0).hit
    assert get_or_compute(SALES, {}, lambda: "new").value == "old"


def test_pattern_reaches_no_other_prefix(default_cache: str) -> None:
    redis = default_backend().redis
    redis.set("other:1:predictions:1", "theirs")

    call_command("purge_cache", "*")

    assert redis.get("other:1:predictions:1") == b"theirs"


def test_operator_is_told_when_the_server_is_away(settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "techmart.lib.cache.backend.ResilientCache",
            "LOCATION": "unix:///nonexistent/cache.sock",
        }
    }

    with pytest.raises(CommandError, match="does not answer"):
        call_command("purge_cache", "*")


def test_another_kind_of_cache_is_refused(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

    with pytest.raises(ImproperlyConfigured, match="ResilientCache"):
        get_or_compute(SALES, {}, lambda: 1)
