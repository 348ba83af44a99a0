"""What words name, in one statement, and only what the person may see."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from techmart.core.models import User
from techmart.core.search.finding import FEW, Group, clean, find
from techmart.core.search.sources import slips
from tests.alerts.factories import make_alert, make_user
from tests.inventory.factories import make_product, make_supplier
from tests.transactions.factories import make_customer, recorded

pytestmark = pytest.mark.django_db

ALL = (
    "inventory.view_product",
    "inventory.view_supplier",
    "transactions.view_customer",
    "transactions.view_transaction",
    "alerts.view_alert",
)


@pytest.fixture
def reader() -> User:
    return make_user("reader@example.test", *ALL)


def _titles(groups: list[Group]) -> dict[str, list[str]]:
    return {group.key: [hit.title for hit in group.hits] for group in groups}


def test_each_kind_is_found_by_part_of_its_name(reader: User) -> None:
    supplier = make_supplier(name="Nimbus Trading")
    make_product(name="Nimbus ANC Headphones", sku="N-1", supplier=supplier)
    make_customer(name="Nimbus Fischer", code="C-77")
    make_alert(title="Low stock: Nimbus ANC Headphones")
    make_product(name="Kettle")

    assert _titles(find("nimbus", user=reader, most=FEW)) == {
        "products": ["Nimbus ANC Headphones"],
        "suppliers": ["Nimbus Trading"],
        "customers": ["Nimbus Fischer"],
        "alerts": ["Low stock: Nimbus ANC Headphones"],
    }


def test_a_product_stands_before_the_alerts_that_bear_its_name(reader: User) -> None:
    make_alert(title="Nimbus is low")
    make_product(name="Nimbus ANC Headphones")

    assert [group.key for group in find("nimbus", user=reader, most=FEW)] == ["products", "alerts"]


@pytest.mark.parametrize("words", ["headphones nimbus", "nimbs headphone", "NIMBUS"])
def test_order_of_words_case_and_slips_do_not_matter(reader: User, words: str) -> None:
    make_product(name="Nimbus ANC Headphones")

    assert _titles(find(words, user=reader, most=FEW)) == {"products": ["Nimbus ANC Headphones"]}


@pytest.mark.parametrize(
    "words",
    [
        # Neighbours that changed places, at every place of the word.
        *("agrden", "gadren", "garedn", "gardne", "gardne article"),
        # A wrong letter, one too few, one too many.
        *("gerden", "gaeden", "garfen", "gardwn", "gaden", "gaarden", "GARDNE ARTICEL"),
        *("artcile", "artivle", "artcle", "articlle", "garden artilce"),
    ],
)
def test_a_slip_in_the_middle_of_a_word_is_found(reader: User, words: str) -> None:
    make_product(name="Garden article 3")
    make_product(name="Kitchen towel")

    assert _titles(find(words, user=reader, most=FEW)) == {"products": ["Garden article 3"]}


@pytest.mark.parametrize("words", ["garlic", "hardly", "gadner article", "tabel"])
def test_what_only_begins_or_sounds_alike_is_not_found(reader: User, words: str) -> None:
    make_product(name="Garden article 3")
    make_product(name="Sale sign")

    assert find(words, user=reader, most=FEW) == []


def test_numbers_have_no_slips(reader: User) -> None:
    make_product(name="Lamp", sku="1234567")

    assert find("1234657", user=reader, most=FEW) == []
    assert _titles(find("1234567", user=reader, most=FEW)) == {"products": ["Lamp"]}


def test_patterns_of_slips_have_a_trigram_to_look_for() -> None:
    assert slips("tea") == slips("nimbus2") == slips("x" * 15) == []
    assert slips("apple") == [
        *("paple", "aplpe", "appel"),
        *("a.ple", "app.e"),
        *("a.pple", "ap.ple", "app.le", "appl.e"),
    ]
    assert {"grdnas", "gadnas", "garnas", "gardas"} <= set(slips("gardnas"))
    for pattern in (*slips("apple"), *slips("garden"), *slips("refrigerator")):
        assert max(map(len, pattern.split("."))) >= 3


def test_a_whole_code_comes_before_names_that_are_like_it(reader: User) -> None:
    make_product(name="Cable P100 for everything", sku="X-1")
    make_product(name="Lamp", sku="P100")

    [group] = find("p100", user=reader, most=FEW)

    assert [hit.title for hit in group.hits] == ["Lamp", "Cable P100 for everything"]
    assert group.hits[0].url == "/inventory/products/P100/"


def test_sales_are_found_by_the_beginning_of_a_reference_and_by_order(reader: User) -> None:
    sale = recorded(reference="TX-2026-0001", order_ref="ORDER-9")
    recorded(reference="TX-2027-0001", order_ref="ORDER-8")

    by_reference = find("tx-2026", user=reader, most=FEW)
    by_order = find("ORDER-9", user=reader, most=FEW)

    assert _titles(by_reference) == _titles(by_order) == {"sales": ["TX-2026-0001"]}
    assert by_order[0].hits[0].url == f"/transactions/{sale.pk}/"


def test_a_customer_leads_to_the_page_of_the_customer(reader: User) -> None:
    make_customer(name="Nimbus Fischer", code="C/77")

    [group] = find("nimbus", user=reader, most=FEW)

    assert [hit.url for hit in group.hits] == ["/analytics/customers/C%2F77/"]


def test_signs_of_patterns_are_taken_as_they_are(reader: User) -> None:
    # A supplier of the next free number might be called "Supplier 50…".
    make_product(name="Glue (50 ml)", supplier=make_supplier(code="ACME", name="Acme"))

    assert _titles(find("(50", user=reader, most=FEW)) == {"products": ["Glue (50 ml)"]}
    assert find("[zz", user=reader, most=FEW) == []


def test_more_than_are_shown_point_to_the_list_of_all(reader: User) -> None:
    for number in range(FEW + 1):
        make_product(name=f"Mug {number}")

    [group] = find("mug", user=reader, most=FEW)

    assert len(group.hits) == FEW
    assert group.more_url == "/inventory/?q=mug"


def test_nobody_finds_what_he_may_not_see() -> None:
    make_product(name="Nimbus")
    make_alert("a", title="Nimbus sale held", audience="transactions.view_transaction")
    make_alert("b", title="Nimbus is low")
    person = make_user("alerts@example.test", "alerts.view_alert")

    assert _titles(find("nimbus", user=person, most=FEW)) == {"alerts": ["Nimbus is low"]}
    assert find("nimbus", user=make_user("nobody@example.test"), most=FEW) == []


def test_a_search_is_one_statement_beside_the_permissions(reader: User) -> None:
    make_product(name="Nimbus")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        find("nimbus", user=User.objects.get(pk=reader.pk), most=FEW)

    # The person, own permissions, permissions of groups, and the search.
    assert len(queries) == 4


def test_one_letter_asks_nothing(reader: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert find("n", user=reader, most=FEW) == []

    assert not queries


def test_words_are_cleaned() -> None:
    assert clean("  two   words\x00 ") == "two words"
    assert len(clean("x" * 500)) == 100
