"""Stored codes of the inventory app."""

from django.db import models


class MovementKind(models.TextChoices):
    """Why stock changed."""

    OPENING = "opening", "Opening stock"
    RECEIPT = "receipt", "Receipt"
    RETURN = "return", "Customer return"
    SALE_CANCELLED = "sale_cancelled", "Sale cancelled"
    COUNT_GAIN = "count_gain", "Count: more than booked"
    SALE = "sale", "Sale"
    WRITE_OFF = "write_off", "Write-off"
    COUNT_LOSS = "count_loss", "Count: less than booked"
    SUPPLIER_RETURN = "supplier_return", "Return to supplier"
    REVERSAL = "reversal", "Reversal"


INCREASES = (
    MovementKind.RECEIPT,
    MovementKind.RETURN,
    MovementKind.SALE_CANCELLED,
    MovementKind.COUNT_GAIN,
)
DECREASES = (
    MovementKind.SALE,
    MovementKind.WRITE_OFF,
    MovementKind.COUNT_LOSS,
    MovementKind.SUPPLIER_RETURN,
)


class StockState(models.TextChoices):
    """Worked out from stock, inbound, reorder point and last sale; not stored."""

    OUT = "out", "Out of stock"
    LOW = "low", "Low"
    OVER = "over", "Too much"
    DEAD = "dead", "Not selling"
    OK = "ok", "In stock"


class ProductTab(models.TextChoices):
    """Tabs of the product list. A product can be on several."""

    ALL = "all", "All"
    LOW = "low", "Low"
    OUT = "out", "Out of stock"
    ORDERED = "ordered", "On order"
    OVER = "over", "Too much"


class DemandClass(models.TextChoices):
    """Syntetos, Boylan and Croston's classes, and the two that have no usable history."""

    SMOOTH = "smooth", "Smooth"
    ERRATIC = "erratic", "Erratic"
    INTERMITTENT = "intermittent", "Intermittent"
    LUMPY = "lumpy", "Lumpy"
    NEW = "new", "New"
    OBSOLETE = "obsolete", "Obsolete"


class AbcClass(models.TextChoices):
    """Share of yearly gross margin."""

    A = "A", "A"
    B = "B", "B"
    C = "C", "C"


class XyzClass(models.TextChoices):
    """How well demand can be forecast."""

    X = "X", "X"
    Y = "Y", "Y"
    Z = "Z", "Z"


class OrderState(models.TextChoices):
    """Where a purchase order stands."""

    DRAFT = "draft", "Draft"
    SENT = "sent", "Sent"
    CONFIRMED = "confirmed", "Confirmed"
    PARTIALLY_RECEIVED = "partially_received", "Partly received"
    RECEIVED = "received", "Received"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"


# Still to come: counted in on_order_quantity.
INBOUND_ORDER_STATES = (
    OrderState.SENT,
    OrderState.CONFIRMED,
    OrderState.PARTIALLY_RECEIVED,
)


class SuggestionState(models.TextChoices):
    """Where a reorder suggestion stands."""

    PROPOSED = "proposed", "Proposed"
    ACCEPTED = "accepted", "Accepted"
    ORDERED = "ordered", "Ordered"
    PARTIALLY_RECEIVED = "partially_received", "Partly received"
    CLOSED = "closed", "Closed"
    REJECTED = "rejected", "Rejected"
    SUPERSEDED = "superseded", "No longer needed"
    WAITING_MOV = "waiting_mov", "Waiting for the supplier's minimum"
    BLOCKED = "blocked", "Blocked by the stock cap"


# At most one of these a product; a rerun updates it in place.
OPEN_SUGGESTION_STATES = (
    SuggestionState.PROPOSED,
    SuggestionState.ACCEPTED,
    SuggestionState.WAITING_MOV,
    SuggestionState.BLOCKED,
)


class TotalsWindow(models.IntegerChoices):
    """Windows of product totals in shop days; 0 is the whole history."""

    ALL = 0, "All"
    WEEK = 7, "7 days"
    MONTH = 30, "30 days"
    QUARTER = 90, "90 days"
    YEAR = 365, "365 days"


class RunStatus(models.TextChoices):
    """State of a background run. Skipped: another run of its kind was at work."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"


class RunKind(models.TextChoices):
    """What a forecast run does."""

    PREDICTIONS = "predictions", "Predictions"
    SUGGESTIONS = "suggestions", "Reorder suggestions"
    CLASSES = "classes", "ABC and XYZ classes"


class PolicyKind(models.TextChoices):
    """How a replay decides what to order."""

    ACTUAL = "actual", "What the shop did"
    TODAY = "today", "Today's policy"
    MIN_MAX = "min_max", "Minimum and maximum"
    TEXTBOOK = "textbook", "Textbook"
    OWN = "own", "Yours"


class ReplayStatus(models.TextChoices):
    """State of a policy replay."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class SheetState(models.TextChoices):
    """Where a count sheet stands."""

    OPEN = "open", "To count"
    DONE = "done", "Done"


class CountLineState(models.TextChoices):
    """Where one product of a count sheet stands."""

    TO_COUNT = "to_count", "To count"
    WAITING = "waiting", "Waiting for approval"
    POSTED = "posted", "Posted"
    REFUSED = "refused", "Count again"


class WriteOffCode(models.TextChoices):
    """Why goods are written off."""

    EXPIRED = "expired", "Past its date"
    DAMAGED = "damaged", "Damaged"
    LOST = "lost", "Lost or stolen"
    RECALLED = "recalled", "Recalled"
    SAMPLE = "sample", "Used or given away"
    OTHER = "other", "Other"


class OverrideKind(models.TextChoices):
    """What a planner's word on demand is."""

    UNITS = "units", "Units over these days"
    FACTOR = "factor", "Times the forecast"
