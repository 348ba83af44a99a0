"""The database buckets in the shop's zone; a change after sales exist is refused."""

import pytest
from pytest_django import Settings

from analytics.checks import rollups_follow_time_zone
from analytics.rollups.rebuilding import follow_time_zone, shop_time_zone
from tests.analytics.factories import make_sale

pytestmark = pytest.mark.django_db


def test_an_empty_shop_takes_over_a_new_zone(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"

    follow_time_zone()

    assert shop_time_zone() == "Europe/Berlin"
    assert rollups_follow_time_zone(databases=["default"]) == []


def test_a_shop_with_sales_is_told_the_way_out(settings: Settings) -> None:
    make_sale()
    settings.TIME_ZONE = "Europe/Berlin"

    follow_time_zone()

    assert shop_time_zone() == "America/New_York"
    [error] = rollups_follow_time_zone(databases=["default"])
    assert error.id == "analytics.E001"
    assert "manage.py rebuild_rollups" in str(error.hint)


def test_no_database_is_asked_without_leave() -> None:
    assert rollups_follow_time_zone() == []
