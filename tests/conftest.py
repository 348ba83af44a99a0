"""Fixtures of all tests."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import caches

from techmart.lib.cache.backend import ResilientCache


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
