"""Cached values and fragments, with versioned invalidation; the table is in `registry`."""

from techmart.lib.cache.backend import cache_available, ping_cache
from techmart.lib.cache.conditional import conditional_on, data_etag, data_version
from techmart.lib.cache.engine import (
    Cached,
    Wanted,
    bump,
    bump_on_commit,
    get_each,
    get_many,
    get_or_compute,
)
from techmart.lib.cache.entry import CacheEntry, Tag
from techmart.lib.cache.fragments import Fragment, cached_fragment, cached_fragments, variant

__all__ = [
    "CacheEntry",
    "Cached",
    "Fragment",
    "Tag",
    "Wanted",
    "bump",
    "bump_on_commit",
    "cache_available",
    "cached_fragment",
    "cached_fragments",
    "conditional_on",
    "data_etag",
    "data_version",
    "get_each",
    "get_many",
    "get_or_compute",
    "ping_cache",
    "variant",
]
