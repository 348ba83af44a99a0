"""The shop's settings row."""

from techmart.core.models import ShopSettings


def shop_settings() -> ShopSettings:
    """Return the one row; its defaults when none was saved yet."""
    return ShopSettings.objects.filter(pk=1).first() or ShopSettings()
