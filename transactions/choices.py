"""Stored codes of the transactions app."""

from django.db import models

# What alerts, stock movements and audit entries call a sale that they point to.
SALE = "transaction"


class TransactionStatus(models.TextChoices):
    """Life of an order line; see domain.md 1 of the docs."""

    PENDING = "pending", "Pending payment"
    IN_REVIEW = "in_review", "In review"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    PARTIALLY_REFUNDED = "partially_refunded", "Partly refunded"
    REFUNDED = "refunded", "Refunded"
    DISPUTED = "disputed", "Disputed"
    CHARGEBACK = "chargeback", "Chargeback"


TERMINAL = (
    TransactionStatus.FAILED,
    TransactionStatus.CANCELLED,
    TransactionStatus.REFUNDED,
    TransactionStatus.CHARGEBACK,
)
# Became revenue at completed_at, whatever became of it later.
REVENUE_STATUSES = (
    TransactionStatus.COMPLETED,
    TransactionStatus.PARTIALLY_REFUNDED,
    TransactionStatus.REFUNDED,
    TransactionStatus.DISPUTED,
    TransactionStatus.CHARGEBACK,
)
# No demand: the goods were never wanted, or the sale never stood.
NO_DEMAND_STATUSES = (TransactionStatus.FAILED, TransactionStatus.CANCELLED)


class Channel(models.TextChoices):
    """Where a sale was made."""

    STORE = "store", "Store"
    WEB = "web", "Web"
    PHONE = "phone", "Phone"
    MARKETPLACE = "marketplace", "Marketplace"


class PaymentMethod(models.TextChoices):
    """How it was paid."""

    CARD = "card", "Card"
    CASH = "cash", "Cash"
    TRANSFER = "transfer", "Bank transfer"
    WALLET = "wallet", "Wallet"
    INVOICE = "invoice", "Invoice"
    UNKNOWN = "unknown", "Unknown"


class Decision(models.TextChoices):
    """What scoring and rules decided."""

    ALLOW = "allow", "Allow"
    REVIEW = "review", "Review"
    BLOCK = "block", "Block"


class Verdict(models.TextChoices):
    """What an analyst decides on a held sale."""

    APPROVE = "approve", "Approve"
    DECLINE = "decline", "Decline"


class ReviewReason(models.TextChoices):
    """Why an analyst decides so."""

    GENUINE = "genuine", "Looks genuine"
    CONFIRMED = "confirmed", "Customer confirmed the order"
    KNOWN_CUSTOMER = "known_customer", "Known customer"
    SUSPECTED = "suspected", "Looks like fraud"
    STOLEN_PAYMENT = "stolen_payment", "Stolen card or account"
    DENIED = "denied", "Customer denies the order"
    ABUSE = "abuse", "Abuse of refunds or offers"


# The reasons that fit a verdict; the first is meant when none is given.
REASONS = {
    Verdict.APPROVE: (
        ReviewReason.GENUINE,
        ReviewReason.CONFIRMED,
        ReviewReason.KNOWN_CUSTOMER,
    ),
    Verdict.DECLINE: (
        ReviewReason.SUSPECTED,
        ReviewReason.STOLEN_PAYMENT,
        ReviewReason.DENIED,
        ReviewReason.ABUSE,
    ),
}


class AdjustmentKind(models.TextChoices):
    """Money that went back, or came again."""

    REFUND = "refund", "Refund"
    CHARGEBACK = "chargeback", "Chargeback"
    CHARGEBACK_REVERSED = "chargeback_reversed", "Chargeback reversed"


class LabelSource(models.TextChoices):
    """Who said so; a conflict is settled chargeback > analyst > customer."""

    CHARGEBACK = "chargeback", "Chargeback"
    ANALYST = "analyst", "Analyst"
    CUSTOMER = "customer", "Customer"
    PLANTED = "planted", "Planted (simulated)"


class StatisticKind(models.TextChoices):
    """What a fraud statistic says of its key."""

    CATEGORY_AMOUNT = "category_amount", "Usual amount in a category"
    SHOP_AMOUNT = "shop_amount", "Usual amount in the shop"
    CATEGORY_TAIL = "category_tail", "Large amounts in a category"
    SHOP_TAIL = "shop_tail", "Large amounts in the shop"
    PRODUCT_QUANTITY = "product_quantity", "Usual quantity of a product"
    CATEGORY_QUANTITY = "category_quantity", "Usual quantity in a category"
    SHOP_QUANTITY = "shop_quantity", "Usual quantity in the shop"
    MARKET_RATE = "market_rate", "Orders a customer and day in a country and channel"
    PRODUCT_RISK = "product_risk", "Fraud rate of a product over the shop's"
    COUNTRY_RISK = "country_risk", "Fraud rate of a country over the shop's"
    CHANNEL_RISK = "channel_risk", "Fraud rate of a channel over the shop's"
    CATEGORY_UPPER = "category_upper", "Upper amounts in a category"
    SHOP_UPPER = "shop_upper", "Upper amounts in the shop"
    SHOP_HOUR = "shop_hour", "Share of an hour of the day"
    CATEGORY_REFUNDS = "category_refunds", "Refunded share in a category"
    SHOP_REFUNDS = "shop_refunds", "Refunded share in the shop"
    REVIEW_THRESHOLD = "review_threshold", "Score above which sales are held"


class RuleState(models.TextChoices):
    """Life of a rule."""

    DRAFT = "draft", "Draft"
    SHADOW = "shadow", "Shadow"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class BacktestStatus(models.TextChoices):
    """State of a backtest."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class ListKind(models.TextChoices):
    """What the values of a list are."""

    COUNTRY = "country", "Countries"
    CUSTOMER = "customer", "Customers"
    DEVICE = "device", "Devices"
    STORE = "store", "Stores"
    PRODUCT = "product", "Products"
    CATEGORY = "category", "Categories"
    EMAIL_DOMAIN = "email_domain", "E-mail domains"
    EMAIL = "email", "E-mail stems"
    CARD = "card", "Cards (hashes)"
    ADDRESS = "address", "Addresses (hashes)"
    LIMIT = "limit", "Amounts from which sales are looked at"


class ModelKind(models.TextChoices):
    """How a fraud model is made."""

    PRIOR = "prior", "Priors"
    ADDITIVE = "additive", "Additive"
    BOOSTED = "boosted", "Boosted trees"


class ModelState(models.TextChoices):
    """What a fraud model is for."""

    CANDIDATE = "candidate", "Candidate"
    CHAMPION = "champion", "Champion"
    RETIRED = "retired", "Retired"
    BROKEN = "broken", "Cannot be used"


class ImportKind(models.TextChoices):
    """What a run brought in."""

    SALES = "sales", "Sales"
    PRODUCTS = "products", "Products"
    STOCK = "stock", "Counted stock"
    DEMO = "demo", "Demo shop"


class ImportStatus(models.TextChoices):
    """State of an import run."""

    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
