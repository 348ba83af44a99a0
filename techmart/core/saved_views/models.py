"""A view of a list under a name."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class SavedView(models.Model):
    """The query string of a list's page, as one person keeps it; shared ones show to all.

    is_default: the owner's list opens with it.
    """

    list_key = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    shared = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "saved_views"
        constraints = [
            # Serves the menu of views as well: a list's views by owner.
            models.UniqueConstraint(
                fields=["list_key", "owner", "name"], name="saved_views_name_once"
            ),
            models.UniqueConstraint(
                fields=["list_key", "owner"],
                condition=Q(is_default=True),
                name="saved_views_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name
