"""The app below all others."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """People, settings of the shop, audit history, outbox."""

    name = "techmart.core"
    label = "core"
    verbose_name = "Shop and people"
