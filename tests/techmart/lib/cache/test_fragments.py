from collections.abc import Callable

import pytest
from django.template import engines
from django.utils.safestring import SafeString

from techmart.lib.cache import Fragment, Tag, bump, cached_fragment, cached_fragments
from techmart.lib.cache.backend import default_backend
from techmart.lib.cache.entry import Registry
from techmart.lib.cache.fragments import NotCacheable, variant

TABLE = Registry()
TILES = TABLE.fragment("dashboard", "tiles", ttl=300, tags={Tag.DASHBOARD})
STRIP = TABLE.fragment("dashboard", "strip", ttl=300, tags={Tag.ALERTS})


@pytest.fixture(autouse=True)
def _on_the_tests_server(default_cache: str) -> None:
    """All of these use Django's default cache."""


def counting(*, made_of: str = "<p>{}</p>") -> Callable[[], str]:
    """Return a renderer that numbers its results."""
    times: list[str] = []

    def render() -> str:
        times.append("")
        return made_of.format(len(times))

    return render


def test_fragment_is_rendered_once_for_each_variant() -> None:
    render = counting()

    assert cached_fragment(TILES, vary={"period": "24h"}, render=render) == "<p>1</p>"
    assert cached_fragment(TILES, vary={"period": "7d"}, render=render) == "<p>2</p>"
    assert cached_fragment(TILES, vary={"period": "24h"}, render=render) == "<p>1</p>"


def test_fragment_is_rendered_anew_after_a_bump() -> None:
    render = counting()
    cached_fragment(TILES, render=render)

    bump(Tag.DASHBOARD)

    assert cached_fragment(TILES, render=render) == "<p>2</p>"


def test_fragment_stays_safe_html_whether_rendered_or_read() -> None:
    template = engines["django"].from_string("{{ fragment }}")

    for _ in range(2):
        html = cached_fragment(TILES, render=lambda: "<p>1</p>")

        assert isinstance(html, SafeString)
        assert template.render({"fragment": html}) == "<p>1</p>"


def test_several_fragments_come_in_order_in_one_round_trip() -> None:
    def fragments() -> list[SafeString]:
        return cached_fragments(
            Fragment(TILES, render=lambda: "tiles"), Fragment(STRIP, render=lambda: "strip")
        )

    fragments()
    redis = default_backend().redis
    redis.config_resetstat()

    assert fragments() == ["tiles", "strip"]
    assert redis.info("commandstats")["cmdstat_mget"]["calls"] == 1


def test_fragment_of_one_person_is_refused() -> None:
    form = '<input type="hidden" name="csrfmiddlewaretoken" value="x">'

    with pytest.raises(NotCacheable, match="fragment:dashboard:tiles"):
        cached_fragment(TILES, render=lambda: form)


def test_variant_does_not_depend_on_order_or_length() -> None:
    assert variant({"a": 1, "b": "x" * 500}) == variant({"b": "x" * 500, "a": 1})
    assert len(variant({"b": "x" * 500})) == 24


def test_variants_of_other_values_differ() -> None:
    values: list[dict[str, object]] = [
        {},
        {"a": 1},
        {"a": "1"},
        {"a": True},
        {"a": None},
        {"b": 1},
        {"a": [1, 2]},
    ]

    assert len({variant(value) for value in values}) == len(values)


def test_variant_takes_plain_values_only() -> None:
    with pytest.raises(TypeError):
        variant({"a": object()})
