"""Admin lists: every base table, bounded reads, nobody removes anything."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alerts.choices import AlertKind, Severity
from alerts.services import raise_alert
from inventory.models import Product
from inventory.services.counts import post_count
from inventory.services.orders import LineInput, create_order, receive_line, send_order
from techmart.core.adminkit import base
from techmart.core.adminkit.base import QuickAdmin
from techmart.core.audit import record_audit
from techmart.core.check_results import last_checks, record_check
from techmart.core.choices import CheckName
from techmart.core.groups import GROUPS, sync_groups
from techmart.core.models import ApiToken, AuditEntry, DefaultGrant, ShopSettings, User
from techmart.core.shop import change_shop_settings
from techmart.core.tokens import find_token, issue_token
from tests.inventory.factories import make_product
from tests.transactions.factories import make_customer, recorded
from transactions.models import Transaction

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
OURS = ("core", "alerts", "inventory", "transactions", "analytics")
# Filled by folds and triggers, or bookkeeping of one row.
NOT_IN_ADMIN = {
    *("SalesHourly", "CategoryDaily", "CustomerStats", "ProductDaily", "ProductTotals"),
    *("CohortMonth", "RollupNote", "RollupState", "LevelReading", "DefaultGrant", "RuleStamp"),
}
REGISTERED = [model for model in admin.site._registry if model._meta.app_label in OURS]
pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root@example.test", "secret-enough-1")


@pytest.fixture
def staff(client: Client, root: User) -> Client:
    client.force_login(root)
    return client


def person(group: str, email: str = "staff@example.test") -> User:
    """Return somebody who may use admin, with what a default group has."""
    user = User.objects.create_user(email, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def list_url(model: type[models.Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def row_url(row: models.Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))


def act_url(row: models.Model, act: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_act", args=(row.pk, act))


def make_rows() -> None:
    """Put a row into most tables, through the services that write them."""
    txn = recorded(customer_code=make_customer().code)
    product = txn.product
    post_count(product_id=product.pk, counted_units=4, reason="shelf", actor=None, now=NOW)
    order = create_order(
        supplier_id=product.supplier_id, lines=[LineInput(product.pk, 5)], actor=None, now=NOW
    )
    send_order(order_id=order.pk, actor=None, now=NOW)
    line = order.lines.get()
    receive_line(line_id=line.pk, quantity=2, actor=None, now=NOW)
    raise_alert(
        kind=AlertKind.STOCK_LOW,
        severity=Severity.LOW,
        dedupe_key=f"stock.low:{product.pk}",
        subject_kind="product",
        subject_id=product.pk,
        title="Low",
        now=NOW,
    )
    issue_token(user=User.objects.earliest("pk"), name="till", now=NOW)


def test_every_base_table_has_an_admin_and_no_view_or_rollup() -> None:
    expected = {
        model
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        if model._meta.managed and model.__name__ not in NOT_IN_ADMIN
    }

    assert set(REGISTERED) == expected


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_a_list_reads_the_same_number_of_queries_however_many_rows(
    staff: Client, model: type[models.Model]
) -> None:
    ShopSettings.objects.create()
    make_rows()
    with CaptureQueriesContext(connection) as one:
        response = staff.get(list_url(model), follow=True)
    make_rows()
    make_rows()

    with CaptureQueriesContext(connection) as many:
        response = staff.get(list_url(model), follow=True)

    assert response.status_code == 200
    assert len(many) <= len(one) <= 14


@pytest.mark.parametrize(
    "model",
    [model for model in REGISTERED if isinstance(admin.site._registry[model], QuickAdmin)],
    ids=lambda model: model.__name__,
)
def test_no_list_counts_without_a_limit(staff: Client, model: type[models.Model]) -> None:
    with CaptureQueriesContext(connection) as queries:
        staff.get(list_url(model))

    table = model._meta.db_table
    counts = [
        query["sql"]
        for query in queries
        if "COUNT(" in query["sql"] and f'FROM "{table}"' in query["sql"]
    ]
    assert counts
    assert all("LIMIT 10000" in sql for sql in counts)


def test_large_tables_are_all_quick() -> None:
    slow = [
        model for model in REGISTERED if not isinstance(admin.site._registry[model], QuickAdmin)
    ]

    assert slow == [User, ShopSettings] or slow == [ShopSettings, User]


def test_a_list_says_where_it_ends(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "REACH", 3)
    for _ in range(4):
        make_product()

    page = staff.get(list_url(Product)).content.decode()

    assert "The first 3 products; search or filter to reach others." in page


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_nobody_removes_a_row(
    staff: Client, root: User, model: type[models.Model], rf: Any
) -> None:
    request = rf.get("/admin/")
    request.user = root

    assert not admin.site._registry[model].has_delete_permission(request)


SEARCHES: dict[str, Callable[[Transaction], str]] = {
    "reference": lambda txn: txn.reference,
    "order": lambda txn: txn.order_ref,
    "product, any case": lambda txn: txn.product.sku.lower(),
    "customer": lambda txn: txn.customer.code if txn.customer else "",
    "key": lambda txn: str(txn.pk),
}


@pytest.mark.parametrize("term", SEARCHES.values(), ids=SEARCHES)
def test_sales_are_found(staff: Client, term: Callable[[Transaction], str]) -> None:
    wanted = recorded(customer_code=make_customer(code="C-WANTED").code)
    other = recorded()

    page = staff.get(list_url(Transaction), {"q": term(wanted)}).content.decode()

    assert row_url(wanted) in page
    assert row_url(other) not in page


def test_products_are_found_by_part_of_the_name(staff: Client) -> None:
    wanted, other = make_product(name="Green Tea (loose)"), make_product(name="Coffee")

    page = staff.get(list_url(Product), {"q": "tea (l"}).content.decode()

    assert row_url(wanted) in page
    assert row_url(other) not in page


def test_a_row_that_services_write_is_shown_but_not_saved(staff: Client) -> None:
    txn = recorded()

    page = staff.get(row_url(txn)).content.decode()
    answer = staff.post(row_url(txn), {"total_amount": "0.01"})

    assert txn.reference in page
    assert 'name="_save"' not in page
    assert answer.status_code == 403


def test_a_default_group_sees_what_it_comes_for(client: Client) -> None:
    client.force_login(person("Fraud analysts"))
    txn = recorded()

    assert client.get(list_url(Transaction)).status_code == 200
    assert client.get(list_url(ApiToken)).status_code == 403
    assert act_url(txn, "refund") in client.get(row_url(txn)).content.decode()


def test_groups_are_not_given_again_what_an_operator_took_away() -> None:
    group = Group.objects.get(name="Integrators")
    taken = Permission.objects.get(codename="add_transaction")
    added = Permission.objects.get(codename="change_product")
    group.permissions.remove(taken)
    group.permissions.add(added)
    Group.objects.get(name="Operators").delete()
    # As if it had come with a new version.
    new = Permission.objects.get(codename="view_alert")
    group.permissions.remove(new)
    DefaultGrant.objects.filter(group="Integrators", permission="alerts.view_alert").delete()

    sync_groups()

    kept = set(group.permissions.all())
    assert taken not in kept
    assert {added, new} <= kept
    assert set(Group.objects.values_list("name", flat=True)) == set(GROUPS) - {"Operators"}


def test_a_token_is_shown_once(staff: Client, root: User) -> None:
    answer = staff.post(
        reverse("admin:core_apitoken_add"), {"user": root.pk, "name": "till", "rate": "90/min"}
    )

    [token] = re.findall(r"tm_[\w-]{43}", answer.content.decode())
    found = find_token(token)
    assert found is not None
    assert (found.user, found.name, found.rate) == (root, "till", "90/min")
    assert "no-store" in answer["Cache-Control"]
    for url in (list_url(ApiToken), row_url(found)):
        assert token not in staff.get(url).content.decode()


def test_a_revoked_token_opens_nothing(staff: Client, root: User) -> None:
    token = issue_token(user=root, name="till", now=NOW)
    row = ApiToken.objects.get()

    staff.post(act_url(row, "revoke"))

    assert find_token(token) is None
    assert act_url(row, "revoke") not in staff.get(row_url(row)).content.decode()


def test_nobody_issues_a_token_that_may_more_than_they(client: Client, root: User) -> None:
    client.force_login(person("Operators"))
    analyst = person("Fraud analysts", "analyst@example.test")

    for user in (root, analyst):
        answer = client.post(
            reverse("admin:core_apitoken_add"), {"user": user.pk, "name": "till", "rate": ""}
        )
        assert "may do more than you" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_integrators_see_their_own_tokens_only(client: Client, root: User) -> None:
    user = person("Integrators")
    client.force_login(user)
    issue_token(user=root, name="of-root", now=NOW)
    issue_token(user=user, name="of-mine", now=NOW)

    page = client.get(list_url(ApiToken)).content.decode()

    assert "of-mine" in page
    assert "of-root" not in page


def test_a_rate_that_cannot_be_read_is_refused(staff: Client, root: User) -> None:
    answer = staff.post(
        reverse("admin:core_apitoken_add"), {"user": root.pk, "name": "till", "rate": "often"}
    )

    assert "Write requests and period" in answer.content.decode()


def test_a_person_is_added_by_address(staff: Client) -> None:
    answer = staff.post(
        reverse("admin:core_user_add"),
        {
            "email": "New@Example.test",
            "name": "New",
            "usable_password": "true",
            "password1": "a-long-pass-phrase",
            "password2": "a-long-pass-phrase",
        },
    )

    user = User.objects.get(email="new@example.test")
    assert answer.status_code == 302
    assert user.check_password("a-long-pass-phrase")


def test_rights_are_given_by_superusers_only(client: Client, root: User) -> None:
    clerk = User.objects.create_user("clerk@example.test", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__endswith="_user"))
    client.force_login(clerk)
    form = {"email": clerk.email, "name": "Clerk", "is_active": "on", "is_superuser": "on"}
    look = {"density": "compact", "theme": "system"}

    client.post(row_url(clerk), {**form, **look})
    client.post(reverse("admin:auth_user_password_change", args=(root.pk,)), {"password1": "x"})

    clerk.refresh_from_db()
    assert (clerk.name, clerk.is_superuser, clerk.is_staff) == ("Clerk", False, True)
    assert client.post(row_url(root), {**form, **look}).status_code == 403


def test_the_shops_row_is_made_and_changed_with_what_was(staff: Client) -> None:
    form = {
        "name": "Corner Shop",
        "holding_rate": "0.30",
        "order_cost": "8.00",
        "service_mode": "class",
        "review_capacity_per_day": "60",
        "review_minutes_per_case": "6",
        "review_critical_amount": "1000.00",
        "opens_at": "",
        "closes_at": "",
    }

    staff.post(reverse("admin:core_shopsettings_add"), form)
    staff.post(row_url(ShopSettings.objects.get()), {**form, "order_cost": "9.50"})

    audit = AuditEntry.objects.latest("pk")
    assert str(ShopSettings.objects.get().order_cost) == "9.50"
    assert (audit.before, audit.after) == ({"order_cost": "8.00"}, {"order_cost": "9.50"})
    assert staff.get(list_url(ShopSettings)).status_code == 302


def test_how_sure_the_shop_wants_to_be_is_chosen_in_admin_and_kept(staff: Client) -> None:
    row = change_shop_settings(changes={"name": "Corner Shop"}, actor=None, now=NOW)
    page = staff.get(row_url(row)).content.decode()
    assert '<option value="cost">By cost</option>' in page

    form = {
        "name": "Corner Shop",
        "holding_rate": "0.25",
        "order_cost": "8.00",
        "service_mode": "cost",
        "review_capacity_per_day": "60",
        "review_minutes_per_case": "6",
        "review_critical_amount": "1000.00",
        "correct_stockouts": "on",
    }
    staff.post(row_url(row), {**form, "service_mode": "magic"})
    assert ShopSettings.objects.get().service_mode == "class"
    staff.post(row_url(row), form)

    audit = AuditEntry.objects.latest("pk")
    assert ShopSettings.objects.get().service_mode == "cost"
    assert (audit.before, audit.after) == ({"service_mode": "class"}, {"service_mode": "cost"})


def test_an_audit_entry_is_never_changed() -> None:
    entry = record_audit(
        action="shop.change", subject_kind="shop", subject_id=1, now=NOW, actor=None
    )

    with pytest.raises(IntegrityError, match="append-only"):
        AuditEntry.objects.filter(pk=entry.pk).update(reason="other")


def test_the_newest_outcome_of_a_check_is_kept() -> None:
    record_check(CheckName.LEDGER, differences=3, now=NOW)
    record_check(CheckName.LEDGER, differences=0, now=NOW)

    assert last_checks()[CheckName.LEDGER].differences == 0
    assert CheckName.ROLLUPS not in last_checks()
