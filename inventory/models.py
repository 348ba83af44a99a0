"""Suppliers, products, the stock ledger, purchase orders, predictions and suggestions."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone

from inventory.choices import (
    DECREASES,
    INBOUND_ORDER_STATES,
    INCREASES,
    OPEN_SUGGESTION_STATES,
    AbcClass,
    DemandClass,
    MovementKind,
    OrderState,
    RunKind,
    RunStatus,
    SuggestionState,
    TotalsWindow,
    XyzClass,
)
from inventory.querysets import (
    LOW_STOCK,
    ProductQuerySet,
    ReorderSuggestionQuerySet,
    StockMovementQuerySet,
)


class Supplier(models.Model):
    """Who delivers. Deactivated, never deleted."""

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=160)
    email = models.EmailField(blank=True)
    # Share of receipts on time and in full, prior 0.8 worth ten receipts; 0 to 1.
    reliability = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.8"))
    lead_time_days = models.DecimalField(
        "promised lead time", max_digits=6, decimal_places=2, default=Decimal("7")
    )
    lead_time_sd_days = models.DecimalField(max_digits=6, decimal_places=2, default=Decimal("0"))
    tolerance_days = models.PositiveSmallIntegerField(default=0)
    # ISO weekdays (1 Monday to 7 Sunday) on which orders are taken; empty: any day.
    order_weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    minimum_order_value = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal("0"))
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "suppliers"
        constraints = [
            models.CheckConstraint(
                condition=Q(reliability__gte=0) & Q(reliability__lte=1),
                name="suppliers_reliability_share",
            ),
            models.CheckConstraint(
                condition=Q(lead_time_days__gte=0) & Q(lead_time_sd_days__gte=0),
                name="suppliers_lead_time_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(minimum_order_value__gte=0), name="suppliers_mov_not_negative"
            ),
        ]
        indexes = [
            # The supplier list and the name filter, by key.
            models.Index(fields=["name", "id"], name="idx_suppliers_name"),
            # Find a supplier by part of its name.
            GinIndex(OpClass("name", name="gin_trgm_ops"), name="idx_suppliers_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def review_period_days(self) -> float:
        """Mean days between two chances to order; 1 when any day will do."""
        return 7 / len(self.order_weekdays) if self.order_weekdays else 1.0


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
            # Product list by key; the default sort.
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
            # The list of one class, by key.
            models.Index(fields=["abc_class", "name", "id"], name="idx_products_abc"),
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


class StockMovement(models.Model):
    """One change of one product's stock. Append-only: a trigger refuses change and removal.

    Each source posts at most once a kind and product. `balance_after` is the product's stock
    after this entry in order of writing; stock at a past moment is the sum up to it.
    """

    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="movements", db_index=False
    )
    kind = models.CharField(max_length=16, choices=MovementKind)
    quantity = models.IntegerField()
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    # "transaction", "adjustment", "receipt", "count", "import", "opening", "movement" (the one
    # reversed), "audit" (a correction by a person).
    source_type = models.CharField(max_length=20)
    source_id = models.BigIntegerField()
    reversal_of = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    reason = models.CharField(max_length=300, blank=True)
    balance_after = models.IntegerField()
    # Worked out rather than counted: an opening balance that the sales imply.
    inferred = models.BooleanField(default=False)

    objects = StockMovementQuerySet.as_manager()

    class Meta:
        db_table = "stock_movements"
        constraints = [
            models.UniqueConstraint(
                fields=["source_type", "source_id", "kind", "product"], name="movements_source_once"
            ),
            models.CheckConstraint(
                condition=(Q(kind__in=INCREASES) & Q(quantity__gt=0))
                | (Q(kind__in=DECREASES) & Q(quantity__lt=0))
                | (Q(kind__in=(MovementKind.OPENING, MovementKind.REVERSAL)) & ~Q(quantity=0)),
                name="movements_sign",
            ),
            models.CheckConstraint(
                condition=(Q(kind=MovementKind.REVERSAL) & Q(reversal_of__isnull=False))
                | (~Q(kind=MovementKind.REVERSAL) & Q(reversal_of__isnull=True)),
                name="movements_reversal_target",
            ),
            models.CheckConstraint(
                condition=Q(balance_after__gte=0), name="movements_balance_not_negative"
            ),
        ]
        indexes = [
            # The ledger of one product, newest first, by key; stock at a past moment.
            models.Index(fields=["product", "-occurred_at", "-id"], name="idx_movements_product"),
            # Movements of the API and the health page, newest first.
            models.Index(fields=["-recorded_at", "-id"], name="idx_movements_recorded"),
            # Receipts and counts of a period.
            models.Index(fields=["kind", "-occurred_at", "-id"], name="idx_movements_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity:+d}"


class StockCount(models.Model):
    """What somebody counted, beside what was booked then. Append-only by trigger.

    A difference posts a movement whose source is this row.
    """

    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="counts", db_index=False
    )
    counted_units = models.PositiveIntegerField()
    booked_units = models.PositiveIntegerField()
    counted_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "stock_counts"
        indexes = [
            # Counts of one product, newest first.
            models.Index(fields=["product", "-counted_at", "-id"], name="idx_counts_product"),
        ]

    def __str__(self) -> str:
        return f"{self.counted_units} counted of product {self.product_id}"


class PurchaseOrder(models.Model):
    """An order to one supplier."""

    number = models.CharField(max_length=40, unique=True)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    state = models.CharField(max_length=20, choices=OrderState, default=OrderState.DRAFT)
    ordered_at = models.DateTimeField(null=True, blank=True)
    promised_date = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    note = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "purchase_orders"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=OrderState.values), name="purchase_orders_state"
            ),
            models.CheckConstraint(
                condition=Q(state__in=(OrderState.DRAFT, OrderState.CANCELLED))
                | Q(ordered_at__isnull=False),
                name="purchase_orders_sent_has_time",
            ),
        ]
        indexes = [
            # Orders still to come, the latest promise first to break on top.
            models.Index(
                fields=["promised_date", "id"],
                name="idx_orders_inbound",
                condition=Q(state__in=INBOUND_ORDER_STATES),
            ),
            # Orders of one supplier, newest first.
            models.Index(fields=["supplier", "-created_at", "-id"], name="idx_orders_supplier"),
        ]

    def __str__(self) -> str:
        return self.number


class PurchaseOrderLine(models.Model):
    """One product of an order. received_quantity is the sum of its receipts."""

    order = models.ForeignKey(
        PurchaseOrder, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="order_lines")
    quantity = models.PositiveIntegerField()
    received_quantity = models.PositiveIntegerField(default=0)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4)

    class Meta:
        db_table = "purchase_order_lines"
        constraints = [
            models.UniqueConstraint(fields=["order", "product"], name="order_lines_product_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_lines_positive"),
        ]
        indexes = [
            # What is inbound for one product.
            models.Index(
                fields=["product"],
                name="idx_order_lines_inbound",
                condition=Q(received_quantity__lt=F("quantity")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"


class Receipt(models.Model):
    """A delivery against an order line. Append-only by trigger."""

    line = models.ForeignKey(PurchaseOrderLine, on_delete=models.PROTECT, related_name="receipts")
    quantity = models.PositiveIntegerField()
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        db_table = "receipts"
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="receipts_positive"),
        ]
        indexes = [
            # Lead times and reliability learned from the newest receipts.
            models.Index(fields=["-received_at", "-id"], name="idx_receipts_received"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} on {self.received_at:%Y-%m-%d}"


class ForecastRun(models.Model):
    """One run of the predictions or the planner, with its progress."""

    kind = models.CharField(max_length=12, choices=RunKind)
    status = models.CharField(max_length=8, choices=RunStatus, default=RunStatus.RUNNING)
    as_of = models.DateTimeField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    products_total = models.PositiveIntegerField(default=0)
    products_done = models.PositiveIntegerField(default=0)
    # Only this category, or only these products; all when both are empty.
    category = models.CharField(max_length=100, blank=True)
    product_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    # "schedule", or the person who asked.
    triggered_by = models.CharField(max_length=160, default="schedule")
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "forecast_runs"
        indexes = [
            # The newest run of each kind: page, health, rate limit.
            models.Index(fields=["kind", "-started_at"], name="idx_forecast_runs_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"


class InventoryPrediction(models.Model):
    """Newest demand prediction of one product over its protection interval P = L + R."""

    product = models.OneToOneField(Product, on_delete=models.PROTECT, related_name="prediction")
    run = models.ForeignKey(ForecastRun, on_delete=models.PROTECT, related_name="+", db_index=False)
    model = models.CharField(max_length=40)
    # Mean demand over P, units.
    predicted = models.DecimalField(max_digits=14, decimal_places=3)
    daily_mean = models.FloatField()
    daily_sd = models.FloatField()
    protection_days = models.FloatField()
    # {"7": {"0.5": 3, ...}, "14": …, "28": …, "P": …}: quantiles of summed demand, units.
    quantiles = models.JSONField(default=dict)
    # skill × freshness × coverage_ok at computing time, with its parts; 0 to 1.
    confidence = models.FloatField()
    skill = models.FloatField()
    coverage = models.FloatField()
    # Error of the backtest as a share of demand; empty where it could not be judged.
    wape = models.FloatField(null=True, blank=True)
    history_days = models.PositiveIntegerField()
    censored_days = models.PositiveIntegerField(default=0)
    computed_at = models.DateTimeField()

    class Meta:
        db_table = "inventory_predictions"
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence__gte=0) & Q(confidence__lte=1),
                name="predictions_confidence_share",
            ),
            models.CheckConstraint(condition=Q(predicted__gte=0), name="predictions_not_negative"),
        ]
        indexes = [
            # Least sure predictions first, on the planner's list.
            models.Index(fields=["confidence", "id"], name="idx_predictions_confidence"),
        ]

    def __str__(self) -> str:
        return f"{self.predicted} over {self.protection_days:g} d"

    @property
    def tested(self) -> bool:
        """Whether there was enough history to judge it by: a backtest leaves something."""
        return self.skill > 0 or self.coverage > 0


class ReorderSuggestion(models.Model):
    """What to order of one product and the arithmetic behind it; one open a product."""

    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="suggestions", db_index=False
    )
    run = models.ForeignKey(ForecastRun, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(
        max_length=20, choices=SuggestionState, default=SuggestionState.PROPOSED
    )
    quantity = models.PositiveIntegerField()
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4)
    # The six steps with their inputs; see inventory.reorder.
    arithmetic = models.JSONField(default=dict)
    expected_lost_margin = models.DecimalField(max_digits=14, decimal_places=2)
    lost_revenue_per_day = models.DecimalField(max_digits=14, decimal_places=2)
    p_stockout = models.FloatField("chance of running out before receipt")
    need_by = models.DateField(null=True, blank=True)
    expected_stockout_on = models.DateField(null=True, blank=True)
    confidence = models.FloatField()
    reruns = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = ReorderSuggestionQuerySet.as_manager()

    class Meta:
        db_table = "reorder_suggestions"
        constraints = [
            models.UniqueConstraint(
                fields=["product"],
                name="suggestions_one_open_per_product",
                condition=Q(state__in=OPEN_SUGGESTION_STATES),
            ),
            models.CheckConstraint(
                condition=Q(state__in=SuggestionState.values), name="suggestions_state"
            ),
            models.CheckConstraint(
                condition=Q(p_stockout__gte=0) & Q(p_stockout__lte=1),
                name="suggestions_p_stockout_share",
            ),
        ]
        indexes = [
            # Open suggestions, most expected lost margin first.
            models.Index(
                fields=["-expected_lost_margin", "id"],
                name="idx_suggestions_open",
                condition=Q(state__in=OPEN_SUGGESTION_STATES),
            ),
            # History of one product's suggestions.
            models.Index(fields=["product", "-created_at"], name="idx_suggestions_product"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"


class ProductDaily(models.Model):
    """One row per product and shop day with a sale or an adjustment. Filled by the fold.

    demand_units counts lines by the day they were created, status not failed or cancelled;
    units, gross and cost by completed_at; refunds and units_returned by booked_at.
    """

    pk = models.CompositePrimaryKey("product_id", "day")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    demand_units = models.IntegerField(default=0)
    units = models.IntegerField(default=0)
    units_returned = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    gross = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0"))
    refunds = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0"))
    # Cost of units sold less units returned.
    cost = models.DecimalField(max_digits=18, decimal_places=4, default=Decimal("0"))

    class Meta:
        db_table = "product_daily"
        indexes = [
            # All products of a range of days: forecasts, and the day that leaves a window.
            models.Index(fields=["day", "product"], name="idx_product_daily_day"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.day}"


class ProductTotals(models.Model):
    """One row per product and window of shop days. Moves by product_daily's differences."""

    pk = models.CompositePrimaryKey("product_id", "window")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    window = models.SmallIntegerField(choices=TotalsWindow)
    demand_units = models.BigIntegerField(default=0)
    units = models.BigIntegerField(default=0)
    units_returned = models.BigIntegerField(default=0)
    orders = models.BigIntegerField(default=0)
    gross = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal("0"))
    refunds = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal("0"))
    cost = models.DecimalField(max_digits=20, decimal_places=4, default=Decimal("0"))
    # Kept for window 0 only: newest and oldest day with a unit sold.
    first_sold_on = models.DateField(null=True)
    last_sold_on = models.DateField(null=True)

    class Meta:
        db_table = "product_totals"
        indexes = [
            # Top products of a window by revenue.
            models.Index(fields=["window", "-gross", "product"], name="idx_product_totals_rank"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} over {self.window}"
