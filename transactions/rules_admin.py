"""Admin of rules and value lists: all is seen here, and changed by the acts of their services."""

from typing import Any, ClassVar

from django.contrib import admin

from techmart.core.adminkit.acts import Act, ActsAdmin, Call, ConfirmForm
from techmart.core.adminkit.base import ViewOnlyAdmin
from transactions.choices import RuleState
from transactions.models import (
    FraudRule,
    FraudRuleVersion,
    RuleApproval,
    RuleBacktest,
    RuleHit,
    ValueList,
    ValueListEntry,
)
from transactions.services import rules


def _stop_shadow(call: Call) -> object:
    return rules.stop_shadow(rule_id=call.row.pk, actor=call.actor, now=call.now)


def _retire(call: Call) -> object:
    return rules.retire(
        rule_id=call.row.pk, reason=call.data["reason"], actor=call.actor, now=call.now
    )


def _in_shadow(row: Any) -> bool:
    return row.shadow_id is not None


def _runs_or_may(row: Any) -> bool:
    return bool(row.state != RuleState.RETIRED)


@admin.register(FraudRule)
class FraudRuleAdmin(ViewOnlyAdmin, ActsAdmin):
    """Rules; they are built and activated on their own pages, where their trials are."""

    exact = ("name",)
    list_display = ("name", "action", "state", "live", "shadow", "owner", "changed_at")
    list_select_related = ("owner", "live", "shadow")
    list_filter = ("state", "action")
    ordering = ("name", "pk")
    acts = (
        Act(
            name="stop-shadow",
            label="Stop shadow",
            effect="the version in shadow is no longer counted.",
            form=ConfirmForm,
            run=_stop_shadow,
            possible=_in_shadow,
        ),
        Act(
            name="retire",
            label="Retire",
            effect="the rule runs no longer.",
            run=_retire,
            possible=_runs_or_may,
        ),
    )


@admin.register(FraudRuleVersion)
class FraudRuleVersionAdmin(ViewOnlyAdmin):
    """What rules say, and said."""

    through: ClassVar = {"rule": ("name",)}
    list_display = ("rule", "number", "sentence", "author", "created_at")
    list_select_related = ("rule", "author")


@admin.register(RuleApproval)
class RuleApprovalAdmin(ViewOnlyAdmin):
    """Second persons."""

    list_display = ("version", "approver", "reason", "at")
    list_select_related = ("version", "approver")


@admin.register(RuleBacktest)
class RuleBacktestAdmin(ViewOnlyAdmin):
    """Trials and their figures."""

    list_display = (
        *("version", "since_date", "until_date", "status", "sales_done", "sales_total"),
        *("requested_by", "requested_at", "finished_at", "error"),
    )
    list_select_related = ("version", "requested_by")
    list_filter = ("status",)


@admin.register(RuleHit)
class RuleHitAdmin(ViewOnlyAdmin):
    """Sales that running versions met."""

    through: ClassVar = {"transaction": ("reference",)}
    list_display = ("at", "version", "transaction", "action", "shadow")
    list_select_related = ("version", "transaction")


@admin.register(ValueList)
class ValueListAdmin(ViewOnlyAdmin):
    """Lists that rules look into; values are added and ended on the lists' own pages."""

    exact = ("key", "name")
    list_display = ("name", "key", "kind", "watched", "created_by", "created_at")
    list_select_related = ("created_by",)
    list_filter = ("kind",)
    ordering = ("name", "pk")


@admin.register(ValueListEntry)
class ValueListEntryAdmin(ViewOnlyAdmin):
    """What stands in lists, and stood."""

    through: ClassVar = {"list": ("key", "name")}
    list_display = ("list", "value", "added_at", "expires_at", "reason", "added_by")
    list_select_related = ("list", "added_by")
