"""What is sold, with its stock and ordering terms."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone

from inventory.choices import (
    AbcClass,
    DemandClass,
    XyzClass,
)
from inventory.models.suppliers import Supplier
from inventory.querysets import (
    LOW_STOCK,
    ProductQuerySet,
)


class Product(models.Model):
    """What is sold. stock_quantity and on_order_quantity are projections kept by services."""

    sku = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=100)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="products", db_index=False
    )
    price = models.DecimalField(max_digits=14, decimal_places=2)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4)
    stock_quantity = models.IntegerField(default=0)
    on_order_quantity = models.IntegerField(default=0)
    # Reorder point s and order-up-to level S of the newest suggestion run.
    reorder_threshold = models.IntegerField(default=0)
    order_up_to = models.IntegerField(default=0)
    pack_size = models.PositiveIntegerField(default=1)
    minimum_order_quantity = models.PositiveIntegerField(default=1)
    stock_cap = models.PositiveIntegerField(null=True, blank=True)
    # Empty: the supplier's.
    lead_time_days = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    demand_class = models.CharField(max_length=12, choices=DemandClass, default=DemandClass.NEW)
    abc_class = models.CharField(max_length=1, choices=AbcClass, default=AbcClass.C)
    xyz_class = models.CharField(max_length=1, choices=XyzClass, default=XyzClass.Z)
    # Whether days without stock are corrected for; empty: as the shop does.
    correct_stockouts = models.BooleanField(null=True, blank=True)
    # Raise stock.critical20 though not of class A.
    watch_below_20 = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        db_table = "products"
        constraints = [
            models.CheckConstraint(
                condition=Q(stock_quantity__gte=0), name="products_stock_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(on_order_quantity__gte=0), name="products_on_order_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0) & Q(unit_cost__gte=0), name="products_money_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(pack_size__gte=1) & Q(minimum_order_quantity__gte=1),
                name="products_lots_positive",
            ),
            models.CheckConstraint(
                condition=Q(reorder_threshold__gte=0) & Q(order_up_to__gte=F("reorder_threshold")),
                name="products_levels_ordered",
            ),
            # One code in two letter cases is one product.
            models.UniqueConstraint(Upper("sku"), name="products_sku_upper_unique"),
        ]
        indexes = [
            # Product list by key, the default sort; of a class too, a fifth of the range or more.
            models.Index(fields=["name", "id"], name="idx_products_name"),
            # Find a product by part of its name.
            GinIndex(OpClass("name", name="gin_trgm_ops"), name="idx_products_name_trgm"),
            # Find a product by part of its code.
            GinIndex(OpClass("sku", name="gin_trgm_ops"), name="idx_products_sku_trgm"),
            # Out-of-stock tab and tile.
            models.Index(
                fields=["id"],
                name="idx_products_out",
                condition=Q(active=True) & Q(stock_quantity__lte=0),
            ),
            # "On order" tab: what is already coming.
            models.Index(
                fields=["id"], name="idx_products_inbound", condition=Q(on_order_quantity__gt=0)
            ),
            # Low-stock tile, tab and dashboard panel, least stock first.
            models.Index(
                fields=["stock_quantity", "id"], name="idx_products_stock_low", condition=LOW_STOCK
            ),
            # Reorder levels from the highest: admin's sort, and the level filter of the API.
            models.Index(
                fields=["-reorder_threshold", "id"], name="idx_products_reorder_threshold"
            ),
            # The list of one category, by key.
            models.Index(fields=["category", "name", "id"], name="idx_products_category"),
            # Products of one supplier, by key; and the check that a supplier is still in use.
            models.Index(fields=["supplier", "name", "id"], name="idx_products_supplier_id"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"

    @property
    def inventory_position(self) -> int:
        """Stock and everything inbound, in units."""
        return self.stock_quantity + self.on_order_quantity
