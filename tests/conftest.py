"""Fixtures of all tests."""

from collections.abc import Iterator

import pytest
from django.core.cache import caches

from techmart.lib.cache.backend import ResilientCache


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Let no test see what another cached; only keys of this run's own prefix are removed."""
    yield
    cache = caches["default"]
    assert isinstance(cache, ResilientCache)
    cache.delete_pattern("*")
