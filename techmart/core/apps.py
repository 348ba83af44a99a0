"""The app below all others."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    """People, settings of the shop, audit history, outbox."""

    name = "techmart.core"
    label = "core"
    verbose_name = "Shop and people"

    def ready(self) -> None:
        """Have each `migrate` end with the default groups; all tables are there by then."""
        from techmart.core.groups import sync_groups

        post_migrate.connect(sync_groups, sender=self, dispatch_uid="techmart.core.sync_groups")
