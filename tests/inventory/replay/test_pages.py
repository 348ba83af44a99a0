"""Pages of replays and of a supplier on other terms: forms, results, files, refusals."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from inventory.choices import MovementKind, ReplayStatus
from inventory.models import Product, ReplayRun
from inventory.planner import update_inventory_predictions
from inventory.replay.comparison import METRICS
from inventory.replay_runs import run_replay
from inventory.services.ledger import post_movements
from techmart.core.shop import change_shop_settings
from tests.exported import export, exported
from tests.inventory.factories import entry, make_product, make_supplier
from tests.inventory.planned import sold
from tests.pages import htmx, is_page, row_ids, signed_in, text_of

pytestmark = pytest.mark.django_db

PATH = "/inventory/replay/"
PERMISSIONS = tuple(f"inventory.{action}_replayrun" for action in ("view", "add", "change"))


@pytest.fixture
def planner() -> Client:
    return signed_in(*PERMISSIONS, "inventory.view_supplier")


@pytest.fixture
def product() -> Product:
    """Return a product that sold 2 a day for 100 days, of which twice as many were bought."""
    product = make_product(supplier=make_supplier(code="ACME & CO/1", name="Acme"))
    sold(product, *[2] * 100, last_day=timezone.localdate() - timedelta(days=1))
    now = timezone.now()
    days = [now - timedelta(days=days_ago) for days_ago in range(100, 0, -1)]
    post_movements(
        [
            *(entry(product, MovementKind.RECEIPT, 28, at=day) for day in days[::7]),
            *(entry(product, MovementKind.SALE, -2, at=day) for day in days),
        ],
        now=now,
    )
    return product


def sent(**changes: Any) -> dict[str, Any]:
    """Return a form that asks for today's policy and the textbook over the last 70 days."""
    today = timezone.localdate()
    return {
        "first_day": (today - timedelta(days=70)).isoformat(),
        "last_day": (today - timedelta(days=1)).isoformat(),
        "today": "on",
        "textbook": "on",
        "textbook_service": "95",
        "backorder_share": "0",
        "draws": "2",
        "seed": "1",
    } | changes


def finished(planner: Client) -> ReplayRun:
    planner.post(PATH, sent())
    return run_replay(run_id=ReplayRun.objects.get().pk, now=timezone.now())


def test_a_form_sent_is_queued_and_its_page_shown(planner: Client, product: Product) -> None:
    response = planner.post(
        PATH, sent(own="on", review_days="7", service_AX="99", service_mode="cost")
    )

    run = ReplayRun.objects.get()
    assert (response.status_code, response["Location"]) == (303, f"{PATH}{run.pk}/")
    assert [policy["kind"] for policy in run.policies] == ["actual", "today", "textbook", "own"]
    assert run.policies[2]["service"] == 0.95
    assert run.policies[3]["service_by_class"] == {"AX": 0.99}
    assert run.policies[3]["service_mode"] == "cost"
    waiting = planner.get(response["Location"])
    assert "Waiting for a worker" in text_of(waiting)
    assert 'hx-trigger="every 2s"' in waiting.content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"today": "", "textbook": ""}, "Choose a policy to replay."),
        ({"textbook_service": ""}, "Say service"),
        ({"min_max": "on", "minimum_days": "9", "maximum_days": "3"}, "The maximum is"),
        ({"last_day": "2999-01-01"}, "yesterday or earlier"),
        ({"products": "nothing"}, "No active product is called nothing."),
        ({"seed": "x"}, "Enter a whole number."),
        ({"own": "on", "service_AX": "40"}, "greater than or equal to 80"),
    ],
)
def test_a_form_that_is_refused_says_why(
    planner: Client, product: Product, changes: dict[str, str], words: str
) -> None:
    response = planner.post(PATH, sent(**changes))

    assert response.status_code == 422
    assert words in text_of(response)
    assert not ReplayRun.objects.exists()


def test_a_third_unfinished_replay_is_refused(planner: Client, product: Product) -> None:
    for _ in range(2):
        planner.post(PATH, sent())

    response = planner.post(PATH, sent())

    assert response.status_code == 429
    assert "not done yet" in text_of(response)


def test_the_form_starts_with_a_year_and_useful_policies(planner: Client, product: Product) -> None:
    html = planner.get(PATH).content.decode()
    form = html.split('class="replay-form"')[1].split("</form>")[0]

    assert (timezone.localdate() - timedelta(days=365)).isoformat() in form
    assert form.count("checked") == 2
    assert "service by class" in html
    assert "No replay yet" in html


def test_who_may_only_look_has_no_form(product: Product) -> None:
    client = signed_in("inventory.view_replayrun")

    assert "New replay" not in text_of(client.get(PATH))
    assert client.post(PATH, sent()).status_code == 403
    other = signed_in("inventory.view_product", email="other@example.test")
    assert other.get(PATH).status_code == 403


def test_a_result_shows_every_figure_with_its_interval(planner: Client, product: Product) -> None:
    run = finished(planner)

    response = planner.get(f"{PATH}{run.pk}/")

    text = text_of(response)
    assert row_ids(response, "figure") == [metric.key for metric in METRICS]
    assert "What the shop did" in text
    assert "Textbook" in text
    # The shop bought twice what it sold; a policy holds less.
    assert "Better" in text
    assert "Stock at cost by week" in text
    assert product.name in text
    assert "every 2s" not in response.content.decode()


def test_a_result_says_what_the_shop_s_service_went_by(planner: Client, product: Product) -> None:
    change_shop_settings(changes={"service_mode": "cost"}, actor=None, now=timezone.now())
    assert "service by cost" in text_of(planner.get(PATH))
    run = finished(planner)

    text = text_of(planner.get(f"{PATH}{run.pk}/"))

    assert run.results is not None
    assert run.results["service_mode"] == "cost"
    assert "The shop's service was by cost." in text.replace("&#x27;", "'")


def test_another_policy_is_chosen_by_the_address(planner: Client, product: Product) -> None:
    run = finished(planner)

    assert "With Textbook" in text_of(planner.get(f"{PATH}{run.pk}/?policy=2"))
    assert "With Today&#x27;s policy" in text_of(planner.get(f"{PATH}{run.pk}/?policy=9"))


def test_a_region_is_answered_alone(planner: Client, product: Product) -> None:
    run = finished(planner)

    assert not is_page(planner.get(f"{PATH}{run.pk}/", **htmx("inventory-replay")))
    assert not is_page(planner.get(PATH, **htmx("inventory-replays")))


def test_results_are_files(planner: Client, product: Product) -> None:
    Product.objects.update(name="=cmd()")
    run = finished(planner)
    assert run.results is not None
    page = planner.get(f"{PATH}{run.pk}/").content.decode()

    for part, count in (("figures", 3 * len(METRICS)), ("weeks", 30), ("products", 1)):
        assert f'name="list" value="replay-{part}"' in page
        rows, about = exported(planner, f"replay-{part}", f"replay={run.pk}")
        assert len(rows) == count
        assert about["Export of"] == f"{part.capitalize()} of replay {run.pk}"
        assert about["Filter"].startswith(f"Replay {run.pk}; ")
        assert about["Page"] == f"{PATH}{run.pk}/"


def test_figures_are_written_with_their_difference_and_verdict(
    planner: Client, product: Product
) -> None:
    run = finished(planner)
    assert run.results is not None
    _, today, _ = run.results["policies"]

    rows, _about = exported(planner, "replay-figures", f"replay={run.pk}")

    [stock] = [
        row for row in rows if (row["Policy"], row["Figure"]) == (today["name"], "Average stock")
    ]
    kept = today["differences"]["stock_value"]
    assert float(stock["Value"]) == today["figures"]["stock_value"]
    assert [float(stock[name]) for name in ("Difference", "90% from", "90% to")] == [
        kept["value"],
        kept["low"],
        kept["high"],
    ]
    assert stock["Verdict"] in ("better", "worse", "unclear")
    assert rows[0]["Difference"] == rows[0]["Verdict"] == ""


def test_products_are_written_as_the_page_compares_them(planner: Client, product: Product) -> None:
    Product.objects.update(name="=cmd()")
    run = finished(planner)
    assert run.results is not None
    shop, _, textbook = run.results["policies"]

    [row], about = exported(planner, "replay-products", f"replay={run.pk}&policy=2")

    assert row["Product"] == "'=cmd()"
    with_policy = f"Average stock, {textbook['name'].lower()}"
    assert float(row[with_policy]) == textbook["by_product"]["stock_value"][0]
    assert about[f"All: {with_policy}"] == row[with_policy]
    assert f"{shop['name']} and {textbook['name']}" in about["Filter"]
    assert about["Page"] == f"{PATH}{run.pk}/?policy=2"
    page = planner.get(about["Page"]).content.decode()
    assert f'value="replay={run.pk}&amp;policy=2"' in page


def test_an_unfinished_replay_has_no_file(planner: Client, product: Product) -> None:
    planner.post(PATH, sent())
    run = ReplayRun.objects.get()

    said = planner.post(
        "/exports/new/",
        {"list": "replay-figures", "query": f"replay={run.pk}", "format": "csv"},
        follow=True,
    )

    assert f"Replay {run.pk} has no results: it is waiting." in text_of(said)
    assert "replay-figures" not in planner.get(f"{PATH}{run.pk}/").content.decode()
    assert planner.get(f"{PATH}{run.pk + 1}/").status_code == 404


def test_replays_are_a_file_for_those_who_see_them(planner: Client, product: Product) -> None:
    planner.post(PATH, sent())
    run = ReplayRun.objects.get()

    [row], _ = exported(planner, "replays")

    assert (row["Replay"], row["From"], row["Products"], row["Status"]) == (
        str(run.pk),
        run.first_day.isoformat(),
        "Whole range",
        "Waiting",
    )
    assert row["Policies"] == ", ".join(policy["name"] for policy in run.policies[1:])
    other = signed_in("inventory.view_product", email="other@example.test")
    assert export(other, "replays").status_code == 403
    assert export(other, "replay-weeks", f"replay={run.pk}").status_code == 403


def test_a_replay_is_cancelled_once(planner: Client, product: Product) -> None:
    planner.post(PATH, sent())
    path = f"{PATH}{ReplayRun.objects.get().pk}/"

    response = planner.post(f"{path}cancel/")
    first = planner.get(path)
    planner.post(f"{path}cancel/")
    again = planner.get(path)

    assert (response.status_code, response["Location"]) == (303, path)
    assert ReplayRun.objects.get().status == ReplayStatus.CANCELLED
    assert "This replay was cancelled." in text_of(first)
    assert "This replay has ended already." in again.content.decode()


def test_a_failed_replay_says_why(planner: Client, product: Product) -> None:
    planner.post(PATH, sent())
    ReplayRun.objects.update(status=ReplayStatus.FAILED, error="ArithmeticError: no")

    text = text_of(planner.get(f"{PATH}{ReplayRun.objects.get().pk}/"))

    assert "This replay failed. ArithmeticError: no" in text


def test_the_list_needs_as_many_queries_however_long(
    planner: Client, product: Product, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    finished(planner)
    first = ReplayRun.objects.get()
    for _ in range(25):
        first.pk = None
        first.save()

    with django_assert_max_num_queries(14):
        response = planner.get(PATH)

    assert len(row_ids(response, "replay")) == 20
    assert "20 rows of 26" in text_of(response)


# --- a supplier on other terms ---------------------------------------------------------------


WHAT_IF = "/inventory/suppliers/ACME%20%26%20CO%2F1/what-if/"


def test_a_supplier_is_shown_as_it_is_and_on_other_terms(planner: Client, product: Product) -> None:
    update_inventory_predictions(now=timezone.now())

    as_it_is = planner.get(WHAT_IF)
    longer = planner.get(f"{WHAT_IF}?lead_time_days=21&lead_time_sd_days=0&reliability=80")

    assert "Lead time counted with, mean 7.0 d ±0.0 7.0 d ±0.0" in text_of(as_it_is)
    assert "Lead time counted with, mean 7.0 d ±0.0 21.0 d ±0.0" in text_of(longer)
    assert product.name in text_of(longer)


def test_terms_that_make_no_sense_are_refused(planner: Client, product: Product) -> None:
    response = planner.get(f"{WHAT_IF}?lead_time_days=-1&reliability=120")

    assert response.status_code == 422
    assert "less than or equal to 100" in text_of(response)
    assert "All its products" not in text_of(response)


def test_a_supplier_without_forecasts_says_what_to_do(planner: Client, product: Product) -> None:
    assert "Run the forecasts first." in text_of(planner.get(WHAT_IF))


def test_a_what_if_is_written_with_its_terms(planner: Client, product: Product) -> None:
    Product.objects.update(name="=cmd()")
    update_inventory_predictions(now=timezone.now())
    terms = "minimum_order_value=500&lead_time_days=21"
    path = "/inventory/suppliers/ACME%20%26%20CO%2F1/what-if/"
    page = planner.get(f"{path}?{terms}")
    [query] = re.findall(
        r'name="list" value="what-if"><input type="hidden" name="query" value="([^"]*)"',
        page.content.decode(),
    )

    [row], about = exported(planner, "what-if", unescape(query))

    [change] = page.context["found"].products
    assert (row["Code"], row["Product"]) == (product.sku, "'=cmd()")
    assert (row["Reorder at, now"], row["Reorder at, then"]) == (
        str(change.before.reorder_point),
        str(change.after.reorder_point),
    )
    assert change.after.reorder_point > change.before.reorder_point
    assert about["Reorder points, then"] == row["Reorder at, then"]
    assert about["Filter"] == "Supplier ACME & CO/1; Lead time, days: 21; Minimum order: 500"
    assert about["Page"] == f"{path}?lead_time_days=21&minimum_order_value=500"
    refused = planner.post(
        "/exports/new/",
        {"list": "what-if", "query": unescape(query) + "&reliability=300", "format": "csv"},
        follow=True,
    )
    assert "On time and in full, %: Ensure this value is less" in text_of(refused)


def test_a_what_if_says_of_a_promise_only_where_it_is_one(
    planner: Client, product: Product
) -> None:
    update_inventory_predictions(now=timezone.now())

    said = {
        ticked: exported(planner, "what-if", f"code=ACME %26 CO/1&count_receipts={ticked}")[1]
        for ticked in ("on", "false")
    }

    assert said["on"]["Filter"] == (
        "Supplier ACME & CO/1; Only a promise: receipts go on correcting it"
    )
    assert said["false"]["Filter"] == "Supplier ACME & CO/1"


def test_an_address_does_not_name_another_supplier(planner: Client, product: Product) -> None:
    page = planner.get(f"{WHAT_IF}?code=other&name=x&self=y&lead_time_days=21")

    assert page.status_code == 200
    assert parse_qs(page.context["file_query"].removeprefix("?")) == {
        "code": ["ACME & CO/1"],
        "name": ["x"],
        "self": ["y"],
        "lead_time_days": ["21"],
    }


def test_an_unknown_supplier_is_not_found(planner: Client) -> None:
    assert planner.get("/inventory/suppliers/nobody/what-if/").status_code == 404


def test_what_if_is_for_those_who_see_suppliers(product: Product) -> None:
    assert signed_in("inventory.view_product").get(WHAT_IF).status_code == 403


def test_a_product_s_own_lead_time_is_named(planner: Client, product: Product) -> None:
    Product.objects.update(lead_time_days=Decimal("3"))
    update_inventory_predictions(now=timezone.now())

    text = text_of(planner.get(f"{WHAT_IF}?lead_time_days=21"))

    assert "1 product with a lead time of its own keeps it." in text
