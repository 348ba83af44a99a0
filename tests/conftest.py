"""Fixtures of all tests."""

import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import caches

from techmart.lib.cache.backend import ResilientCache, default_backend
from techmart.lib.cache.engine import CacheEngine


def pytest_configure() -> None:
    """Hash passwords quickly: a good hash takes half a second each."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Let no test see what another cached; only keys of this run's own prefix are removed."""
    yield
    cache = caches["default"]
    assert isinstance(cache, ResilientCache)
    cache.delete_pattern("*")


@pytest.fixture
def cached_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing expire that the test caches: some values live for a second only."""
    now = time.time()
    monkeypatch.setattr(
        "techmart.lib.cache.engine.engine",
        lambda: CacheEngine(default_backend(), clock=lambda: now),
    )
