"""The groups a new shop starts with, each with what its people come for.

A permission is given once: what an operator adds to a group or takes from it stays so, and a
permission that comes with a new version is added.
"""

from typing import Any, Final

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import connections, transaction

from techmart.core.models import DefaultGrant


def _to(actions: str, app: str, *models: str) -> frozenset[str]:
    return frozenset(f"{app}.{action}_{model}" for action in actions.split() for model in models)


_SALES: Final = _to(
    "view",
    "transactions",
    *("transaction", "transactionevent", "adjustment", "customer", "importrun"),
)
_FRAUD: Final = _to(
    "view",
    "transactions",
    *("fraudlabel", "fraudstatistic", "fraudmodel"),
    *("reviewdecision", "reviewclaim", "reviewcase"),
)
# Rules that let through, hold and block, with what they were tried on.
_RULES: Final = _to(
    "view",
    "transactions",
    *("fraudrule", "fraudruleversion", "ruleapproval", "rulebacktest", "rulehit"),
    *("valuelist", "valuelistentry"),
)
_STOCK: Final = _to(
    "view",
    "inventory",
    *("product", "supplier", "stockmovement", "stockcount", "purchaseorder"),
    *("purchaseorderline", "receipt", "forecastrun", "inventoryprediction", "reordersuggestion"),
    *("replayrun", "countsheet", "countline", "supplierreturn"),
    *("forecastoverride", "forecastaccuracy"),
)
_ALERTS: Final = (
    _to("view change", "alerts", "alert")
    | _to("view", "alerts", "alertevent")
    | _to("view add change", "alerts", "silence")
)
_CUSTOMERS: Final = _to("view", "analytics", "customerpurchasepattern")
_RUNNING: Final = (
    _to("view", "core", "checkresult", "outbox")
    | _to("view", "alerts", "eventstream", "jobheartbeat", "delivery", "notificationchannel")
    | _to("view", "analytics", "refreshrun")
)

GROUPS: Final[dict[str, frozenset[str]]] = {
    # Sees all of the shop, decides on sales and settings.
    "Managers": _SALES
    | _FRAUD
    | _RULES
    | _STOCK
    | _ALERTS
    | _CUSTOMERS
    | _RUNNING
    | _to("view", "core", "user", "auditentry", "apitoken")
    | _to("view change", "core", "shopsettings")
    | _to("view change", "analytics", "metricrule")
    | _to("view add change", "core", "reportschedule")
    | _to("change", "transactions", "transaction", "customer", "fraudmodel")
    | _to("change", "inventory", "product", "supplier", "reordersuggestion")
    | _to("add change", "inventory", "purchaseorder", "countsheet")
    | _to("approve", "inventory", "countsheet")
    | _to("add change", "inventory", "replayrun", "forecastoverride")
    | _to("add", "inventory", "forecastrun"),
    # Keeps stock and orders; sales are read for the dashboard.
    "Inventory planners": _SALES
    | _STOCK
    | _ALERTS
    | _to("add change", "inventory", "product", "supplier", "purchaseorder", "purchaseorderline")
    | _to("change", "inventory", "reordersuggestion", "stockmovement")
    | _to("add change", "inventory", "replayrun", "countsheet", "forecastoverride")
    | _to("add", "inventory", "forecastrun"),
    "Fraud analysts": _SALES
    | _FRAUD
    | _RULES
    | _ALERTS
    | _CUSTOMERS
    | _to("add change", "transactions", "fraudrule", "valuelist")
    | _to("view", "inventory", "product")
    | _to("change", "transactions", "transaction"),
    # Puts wrong rows right, with the reason kept.
    "Data stewards": _SALES
    | _FRAUD
    | _RULES
    | _STOCK
    | _CUSTOMERS
    | _to("view", "core", "auditentry")
    | _to("view", "alerts", "alert")
    | _to("add change", "inventory", "product", "supplier")
    | _to("change", "inventory", "stockmovement")
    | _to("add change", "transactions", "customer")
    | _to("change", "transactions", "transaction"),
    # Records and reads over the API, with tokens of their own.
    "Integrators": _SALES
    | _STOCK
    | _to("view", "alerts", "alert")
    | _to("add", "transactions", "transaction")
    | _to("view add", "core", "apitoken"),
    # Keeps the house running: schedule, queues, tokens of programs.
    "Operators": _RUNNING
    | _ALERTS
    | _to("view", "inventory", "forecastrun")
    | _to("view", "transactions", "importrun", "transaction")
    | _to("view", "core", "user", "auditentry")
    | _to("view add change", "core", "apitoken")
    | _to("view add change delete", "django_celery_beat", "periodictask", "crontabschedule")
    | _to("view add change delete", "django_celery_beat", "intervalschedule", "clockedschedule")
    | _to("add change", "alerts", "notificationchannel", "delivery")
    | _to("view delete", "axes", "accessattempt")
    | _to("view", "axes", "accesslog"),
}


def sync_groups(*, using: str = "default", **_kwargs: Any) -> None:
    """Give each group what it was never given; make the groups that were never made.

    Follows `migrate`, whose own handler makes the permissions of most apps only after this.
    Raises LookupError for a name that no model has.
    """
    if DefaultGrant._meta.db_table not in connections[using].introspection.table_names():
        return
    given = set(DefaultGrant.objects.using(using).values_list("group", "permission"))
    new = {(group, name) for group, names in GROUPS.items() for name in names} - given
    if not new:
        return
    permissions = _permissions({name for _, name in new}, using)
    made = {group for group, _ in given}
    with transaction.atomic(using=using):
        for group in GROUPS:
            if group not in made:
                Group.objects.using(using).get_or_create(name=group)
            # A group that was removed or renamed since is let be.
            row = Group.objects.using(using).filter(name=group).first()
            if row is not None:
                row.permissions.add(*(permissions[name] for each, name in new if each == group))
        DefaultGrant.objects.using(using).bulk_create(
            [DefaultGrant(group=group, permission=name) for group, name in sorted(new)],
            ignore_conflicts=True,
        )


def _permissions(names: set[str], using: str) -> dict[str, Permission]:
    """Return the permissions by their names, made where they are missing."""
    labels = {name.partition(".")[0] for name in names}
    for label in sorted(labels):
        create_permissions(apps.get_app_config(label), verbosity=0, using=using)
    rows = (
        Permission.objects.using(using)
        .filter(content_type__app_label__in=labels)
        .select_related("content_type")
    )
    found = {f"{row.content_type.app_label}.{row.codename}": row for row in rows}
    if missing := names - found.keys():
        raise LookupError(f"no such permissions: {', '.join(sorted(missing))}")
    return found
