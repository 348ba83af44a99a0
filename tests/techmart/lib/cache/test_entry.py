import pytest

from techmart.lib.cache import registry
from techmart.lib.cache.entry import CacheEntry, Registry, Tag

PREDICTION = CacheEntry("predictions:{product_id}", ttl=60, tags=(Tag.PREDICTIONS,))


def test_params_fill_the_key() -> None:
    assert PREDICTION.key({"product_id": 17}) == "predictions:17"


@pytest.mark.parametrize("params", [{}, {"product": 17}, {"product_id": 17, "page": 2}])
def test_params_must_be_the_keys_own(params: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="takes"):
        PREDICTION.key(params)


@pytest.mark.parametrize("value", ["1:2", "a*", "a b", "", "[x]", "x" * 129, "a\n"])
def test_params_cannot_reach_into_other_keys(value: str) -> None:
    with pytest.raises(ValueError, match="part of a key"):
        PREDICTION.key({"product_id": value})


def test_name_stands_in_the_table_once() -> None:
    table = Registry()
    table.add("sales", ttl=60, tags={Tag.SALES})

    with pytest.raises(ValueError, match="twice"):
        table.add("sales", ttl=60, tags={Tag.SALES})


def test_value_needs_a_life_and_a_tag() -> None:
    with pytest.raises(ValueError, match="ttl"):
        CacheEntry("sales", ttl=0, tags=(Tag.SALES,))
    with pytest.raises(ValueError, match="invalidates"):
        CacheEntry("sales", ttl=60, tags=())


def test_fragment_is_named_for_page_and_region() -> None:
    entry = Registry().fragment("dashboard", "tiles", ttl=300, tags={Tag.DASHBOARD})

    assert entry.key({"variant": "x1"}) == "fragment:dashboard:tiles:x1"


@pytest.mark.parametrize(
    ("name", "minutes"),
    [
        ("dashboard:overview:24h", 5),
        ("products:low_stock", 10),
        ("analytics:hourly_sales", 60),
        ("predictions:{product_id}", 60),
        ("catalogue:products:{product_id}", 30),
    ],
)
def test_promised_values_live_as_long_as_promised(name: str, minutes: int) -> None:
    assert registry.ENTRIES[name].ttl == minutes * 60
