"""Admin of customers, sales and what became of them; sales are moved on by acts only."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin

from techmart.core.adminkit.acts import Act, ActsAdmin, Call, ConfirmForm, ReasonForm
from techmart.core.adminkit.base import ViewOnlyAdmin
from techmart.core.adminkit.corrections import Correction, CorrectionAdmin
from techmart.core.models import User
from techmart.lib.pseudonyms import masked
from transactions import (
    rules_admin,  # noqa: F401  registers the models of rules
    services,
)
from transactions.choices import AdjustmentKind, ModelState, TransactionStatus, Verdict
from transactions.models import (
    Adjustment,
    Customer,
    DeviceFact,
    FraudLabel,
    FraudModel,
    FraudStatistic,
    ImportRun,
    ReviewCase,
    ReviewClaim,
    ReviewDecision,
    Transaction,
    TransactionEvent,
)
from transactions.services.customers import (
    change_customer,
    create_customer,
    deactivate_customer,
    reactivate_customer,
)
from transactions.services.fraud_models import promote_model, roll_back_model

_STANDING = (TransactionStatus.COMPLETED, TransactionStatus.PARTIALLY_REFUNDED)


class NoteForm(ReasonForm):
    """Why a held sale is approved or declined."""

    reason = forms.CharField(max_length=250, widget=forms.TextInput(attrs={"class": "vTextField"}))


class ReferenceForm(ReasonForm):
    """Why, and a reference that keeps the act from being booked twice."""

    reference = forms.CharField(max_length=120, help_text="Of its own, such as the bank's number.")
    field_order: Sequence[str] = ("reference", "reason")


class RefundForm(ReferenceForm):
    """How much goes back."""

    amount = forms.DecimalField(max_digits=14, decimal_places=2, min_value=0)
    units_returned = forms.IntegerField(min_value=0, initial=0)
    units_restocked = forms.IntegerField(
        min_value=0, initial=0, help_text="Of those returned, what can be sold again."
    )
    field_order: Sequence[str] = (
        "amount",
        "units_returned",
        "units_restocked",
        "reference",
        "reason",
    )


def _on_sale(service: Callable[..., object], **fixed: Any) -> Callable[[Call], object]:
    """Return what an act on a sale runs: the service, with the form's fields."""

    def run(call: Call) -> object:
        return service(
            transaction_id=call.row.pk,
            actor=call.actor,
            now=call.now,
            request_id=call.request_id,
            **fixed,
            **call.data,
        )

    return run


def _decided(verdict: Verdict) -> Callable[[Call], object]:
    """Return what deciding a held line runs; it takes effect at once."""

    def run(call: Call) -> object:
        return services.decide_at_once(
            transaction_id=call.row.pk,
            choice=services.Choice(verdict=verdict, note=call.data["reason"]),
            actor=call.actor,
            now=call.now,
            request_id=call.request_id,
        )

    return run


def _in(*statuses: str) -> Callable[[Any], bool]:
    return lambda sale: sale.status in statuses


def _can_come_again(sale: Transaction) -> bool:
    return (
        sale.status == TransactionStatus.CHARGEBACK
        and not sale.adjustments.filter(kind=AdjustmentKind.CHARGEBACK_REVERSED).exists()
    )


@admin.register(Customer)
class CustomerAdmin(CorrectionAdmin):
    """Customers."""

    exact = ("code",)
    words = ("name",)
    list_display = ("name", "code", "email", "country", "active")
    list_filter = ("active",)
    ordering = ("name", "pk")
    correctable = ("name", "email", "country")
    creatable = ("code", *correctable)
    shown = ("code", "created_at", "updated_at")

    def create_row(self, data: Mapping[str, Any], *, actor: User, now: datetime) -> Customer:
        """Add a customer."""
        fields = {name: data[name] for name in self.creatable}
        return create_customer(**fields, actor=actor, now=now)

    def correct_row(self, changes: Mapping[str, Any], by: Correction) -> Customer:
        """Correct a customer."""
        return change_customer(customer_id=by.row_id, changes=changes, **by.arguments())

    def switch_row(self, active: bool, by: Correction) -> Customer:
        """Mark a customer as no longer served, or served again."""
        switch = reactivate_customer if active else deactivate_customer
        return switch(customer_id=by.row_id, **by.arguments())


@admin.register(Transaction)
class TransactionAdmin(ViewOnlyAdmin, ActsAdmin):
    """Sales: what was recorded stays; money and stock follow from acts."""

    exact = ("reference", "order_ref")
    through: ClassVar = {"product": ("sku__iexact",), "customer": ("code",)}
    list_display = (
        *("reference", "timestamp", "customer", "product", "quantity", "total_amount"),
        *("status", "fraud_score", "is_suspicious"),
    )
    list_select_related = ("customer", "product")
    exclude = ("card_hash", "ship_address_hash", "bill_address_hash", "email_stem")
    readonly_fields = ("card", "shipping_address", "billing_address", "email")
    list_filter = ("status", "is_suspicious")
    ordering = ("-timestamp", "-pk")
    acts = (
        Act(
            name="settle",
            label="Payment arrived",
            effect="the sale is completed.",
            form=ConfirmForm,
            run=_on_sale(services.settle_payment, paid=True),
            possible=_in(TransactionStatus.PENDING),
        ),
        Act(
            name="fail",
            label="Payment failed",
            effect="the sale failed; its units go back into stock.",
            run=_on_sale(services.settle_payment, paid=False),
            possible=_in(TransactionStatus.PENDING),
        ),
        Act(
            name="approve",
            label="Approve",
            effect="the held sale is completed, and its order labelled as genuine.",
            form=NoteForm,
            run=_decided(Verdict.APPROVE),
            possible=_in(TransactionStatus.IN_REVIEW),
        ),
        Act(
            name="decline",
            label="Decline as fraud",
            effect="the held sale is cancelled, its order labelled as fraud; units go back.",
            form=NoteForm,
            run=_decided(Verdict.DECLINE),
            possible=_in(TransactionStatus.IN_REVIEW),
        ),
        Act(
            name="cancel",
            label="Cancel sale",
            effect="the sale is called off for another reason than fraud; units go back.",
            run=_on_sale(services.cancel),
            possible=_in(TransactionStatus.PENDING, TransactionStatus.IN_REVIEW),
        ),
        Act(
            name="refund",
            label="Refund",
            effect="money goes back, and restocked units into stock.",
            form=RefundForm,
            run=_on_sale(services.refund),
            possible=_in(*_STANDING),
        ),
        Act(
            name="dispute",
            label="Open dispute",
            effect="the payer's bank disputes the sale.",
            run=_on_sale(services.open_dispute),
            possible=_in(*_STANDING),
        ),
        Act(
            name="dispute-won",
            label="Dispute won",
            effect="the sale is again what it was before.",
            run=_on_sale(services.close_dispute),
            possible=_in(TransactionStatus.DISPUTED),
        ),
        Act(
            name="chargeback",
            label="Charge back",
            effect="what was not refunded goes back, and the order is labelled as fraud.",
            form=ReferenceForm,
            run=_on_sale(services.charge_back),
            possible=_in(TransactionStatus.DISPUTED),
        ),
        Act(
            name="chargeback-reversed",
            label="Chargeback reversed",
            effect="the money came again; the sale stays charged back.",
            form=ReferenceForm,
            run=_on_sale(services.reverse_charge_back),
            possible=_can_come_again,
        ),
    )

    def card(self, sale: Transaction) -> str:
        """Return enough of the card's hash to tell it from others."""
        return masked(sale.card_hash)

    def shipping_address(self, sale: Transaction) -> str:
        """Return enough of the address's hash to tell it from others."""
        return masked(sale.ship_address_hash)

    def billing_address(self, sale: Transaction) -> str:
        """Return enough of the address's hash to tell it from others."""
        return masked(sale.bill_address_hash)

    def email(self, sale: Transaction) -> str:
        """Return the e-mail's domain and its first letter."""
        return masked(sale.email_stem)


@admin.register(TransactionEvent)
class TransactionEventAdmin(ViewOnlyAdmin):
    """Steps of sales' lives."""

    through: ClassVar = {"transaction": ("reference",)}
    list_display = ("at", "transaction", "from_status", "to_status", "actor", "reason")
    list_select_related = ("transaction", "actor")


@admin.register(Adjustment)
class AdjustmentAdmin(ViewOnlyAdmin):
    """Refunds and chargebacks."""

    exact = ("reference",)
    through: ClassVar = {"transaction": ("reference",)}
    list_display = ("booked_at", "transaction", "kind", "amount", "units_returned", "actor")
    list_select_related = ("transaction", "actor")
    ordering = ("-booked_at", "-pk")


@admin.register(FraudLabel)
class FraudLabelAdmin(ViewOnlyAdmin):
    """What orders turned out to be."""

    exact = ("order_ref",)
    list_display = ("order_ref", "is_fraud", "source", "known_at", "actor")
    list_select_related = ("actor",)
    ordering = ("-known_at", "-pk")


@admin.register(ReviewDecision)
class ReviewDecisionAdmin(ViewOnlyAdmin):
    """What analysts decided on held sales, and what became of it."""

    through: ClassVar = {"transaction": ("reference", "order_ref")}
    list_display = (
        *("decided_at", "transaction", "verdict", "reason", "actor"),
        *("applied_at", "withdrawn_at", "failed_at", "result"),
    )
    list_select_related = ("transaction", "actor")
    list_filter = ("verdict",)
    ordering = ("-decided_at", "-pk")


@admin.register(ReviewClaim)
class ReviewClaimAdmin(ViewOnlyAdmin):
    """Who has which case open."""

    exact = ("order_ref",)
    list_display = ("order_ref", "actor", "claimed_at", "expires_at")
    list_select_related = ("actor",)


@admin.register(ReviewCase)
class ReviewCaseAdmin(ViewOnlyAdmin):
    """Whose a case is, and until when it rests."""

    exact = ("order_ref",)
    list_display = ("order_ref", "assigned_to", "snoozed_until", "changed_at")
    list_select_related = ("assigned_to",)


def _promote(call: Call) -> object:
    return promote_model(model_id=call.row.pk, actor=call.actor, now=call.now)


def _roll_back(call: Call) -> object:
    return roll_back_model(actor=call.actor, now=call.now)


def _is_kept(row: FraudModel) -> bool:
    return row.state in (ModelState.CANDIDATE, ModelState.RETIRED)


def _is_champion(row: FraudModel) -> bool:
    return row.state == ModelState.CHAMPION


@admin.register(FraudModel)
class FraudModelAdmin(ActsAdmin):
    """Models learned from labels; the champion scores."""

    list_display = ("version", "state", "kind", "lines", "frauds", "learned_until", "promoted_at")
    list_filter = ("state", "kind")
    ordering = ("-created_at", "-pk")
    exclude = ("trees",)
    acts = (
        Act(
            name="promote",
            label="Put in place",
            effect="sales are scored by this model from now on.",
            form=ConfirmForm,
            run=_promote,
            possible=_is_kept,
        ),
        Act(
            name="roll-back",
            label="Roll back",
            effect="the champion before this one scores again, or the priors if there was none.",
            form=ConfirmForm,
            run=_roll_back,
            possible=_is_champion,
        ),
    )


@admin.register(DeviceFact)
class DeviceFactAdmin(ViewOnlyAdmin):
    """What labels say of devices."""

    exact = ("device",)
    through: ClassVar = {"transaction": ("reference",)}
    list_display = ("device", "transaction", "is_fraud", "unexplained", "known_at", "until_at")
    list_select_related = ("transaction",)
    ordering = ("-known_at", "-pk")


@admin.register(FraudStatistic)
class FraudStatisticAdmin(ViewOnlyAdmin):
    """What is usual, as scoring knows it."""

    exact = ("key",)
    list_display = ("kind", "key", "value", "spread", "lines", "as_of_date")
    list_filter = ("kind",)


@admin.register(ImportRun)
class ImportRunAdmin(ViewOnlyAdmin):
    """Imports and what became of their lines."""

    list_display = ("started_at", "kind", "source", "status", "lines_done", "lines_total", "error")
    list_filter = ("kind",)
