"""Who buys."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils import timezone


class Customer(models.Model):
    """Who buys. Deactivated, never deleted; sales without a customer are anonymous."""

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=160, blank=True)
    email = models.EmailField(blank=True)
    country = models.CharField(max_length=2, blank=True)
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "customers"
        indexes = [
            # Customer list by key.
            models.Index(fields=["name", "id"], name="idx_customers_name"),
            # Find a customer by part of the name.
            GinIndex(OpClass("name", name="gin_trgm_ops"), name="idx_customers_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.name or self.code
