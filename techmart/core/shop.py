"""The shop's settings row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from techmart.core.audit import record_audit
from techmart.core.models import ShopSettings, User


def shop_settings() -> ShopSettings:
    """Return the one row; its defaults when none was saved yet."""
    return ShopSettings.objects.filter(pk=1).first() or ShopSettings()


@transaction.atomic
def change_shop_settings(
    *, changes: Mapping[str, Any], actor: User | None, now: datetime
) -> ShopSettings:
    """Set fields of the shop's row, making it when there is none; keep what was.

    Reorder points and review limits follow with the next runs. Raises ValidationError by field.
    """
    row = ShopSettings.objects.select_for_update().filter(pk=1).first() or ShopSettings()
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    row.full_clean(validate_unique=False)
    row.save()
    record_audit(
        action="shop.change",
        subject_kind="shop",
        subject_id=row.pk,
        now=now,
        actor=actor,
        before=before,
        after={name: getattr(row, name) for name in changes},
    )
    return row
