"""Rendered pieces of pages: drawing them costs more than reading what they show."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.safestring import SafeString, mark_safe

from techmart.lib.cache.engine import Wanted, engine
from techmart.lib.cache.entry import CacheEntry

Vary = Mapping[str, object]

# The field that carries Django's form token; a token is one person's.
_FORM_FIELD = "csrfmiddlewaretoken"


class NotCacheable(Exception):
    """A fragment holds something that belongs to one person."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One piece of a page.

    entry: made by `Registry.fragment`.
    vary: all that shapes the html beside the data its tags stand for: filters, page number,
        role, time zone. Values must be plain: str, numbers, bool, None, lists of these.
    render: returns html that is safe to put into a page.
    """

    entry: CacheEntry
    render: Callable[[], str]
    vary: Vary = field(default_factory=dict)


def variant(vary: Vary) -> str:
    """Return a short name for one combination of values, whatever their order and length."""
    text = json.dumps(vary, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def cached_fragment(
    entry: CacheEntry, *, vary: Vary | None = None, render: Callable[[], str]
) -> SafeString:
    """Return a piece of a page from the cache, rendering it when there is no current one.

    Raises NotCacheable for html with a form token, TypeError for a vary value that is not
    plain, and what render raises.
    """
    return cached_fragments(Fragment(entry, render, vary or {}))[0]


def cached_fragments(*fragments: Fragment) -> list[SafeString]:
    """Return several pieces of a page, in order: one round trip when all are current."""
    wanted = [
        Wanted(fragment.entry, {"variant": variant(fragment.vary)}, _checked(fragment))
        for fragment in fragments
    ]
    # Rendered html comes from templates, which escape.
    return [mark_safe(cached.value) for cached in engine().get_each(wanted)]  # noqa: S308


def _checked(fragment: Fragment) -> Callable[[], str]:
    def render() -> str:
        html = fragment.render()
        if _FORM_FIELD in html:
            raise NotCacheable(f"{fragment.entry.name} holds a form token.")
        return str(html)

    return render
