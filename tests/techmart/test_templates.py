"""Every page and fragment renders from what its head asks for, within the rules of the pages."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import get_template, render_to_string

from techmart.lib.htmx import region_id
from tests.techmart.page_samples import (
    NOW,
    PAGES_WITH_CONTEXT,
    alert_list,
    alerts,
    dashboard,
    shell,
)

TEMPLATES = Path(settings.BASE_DIR) / "templates"
SPRITE = Path(settings.BASE_DIR) / "static" / "vendor" / "lucide" / "sprite.svg"
WITHOUT_CONTEXT = ("403.html", "403_csrf.html", "404.html", "422.html", "500.html", "503.html")
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
BLOCKS = ("div", "section", "form", "table", "details", "dl", "ol", "ul", "nav", "p", "span")


class Markup(HTMLParser):
    """Collects what the rules speak of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.inline_scripts = 0
        self.styles = 0
        self.references: set[str] = set()
        self.headings: list[str] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.roots: list[dict[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if not self.open:
            self.roots.append(found)
        if tag not in VOID:
            self.open.append(tag)
        self.attributes |= set(found)
        self.styles += tag == "style"
        self.inline_scripts += tag == "script" and "src" not in found
        if "id" in found:
            self.ids[found["id"]] += 1
        for name in ("aria-labelledby", "aria-describedby", "for", "popovertarget"):
            self.references |= set(found.get(name, "").split())
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.unbalanced.append(tag)
        else:
            self.open.pop()


class Address:
    """Stands in for a request: templates read its path alone."""

    path = "/here/"


def page(template: str, **changes: Any) -> str:
    return render_to_string(
        template, {**PAGES_WITH_CONTEXT[template], "request": Address(), **changes}
    )


def with_context(template: str) -> dict[str, Any]:
    """Every value that any page has: a fragment takes what it needs."""
    values: dict[str, Any] = {}
    for context in PAGES_WITH_CONTEXT.values():
        values |= context
    folder = Path(template).parent.name
    own = [c for name, c in PAGES_WITH_CONTEXT.items() if name.startswith(folder)]
    for context in own:
        values |= context
    # The page of the same name, where a folder has several.
    values |= PAGES_WITH_CONTEXT.get(template.replace("/_", "/"), {})
    return {**values, "request": Address(), "alerts": alerts(), "is_fragment": True}


@pytest.mark.parametrize("template", PAGES_WITH_CONTEXT)
def test_pages_keep_to_the_content_security_policy(template: str) -> None:
    found = Markup(page(template))

    handlers = {name for name in found.attributes if name.startswith(("on", "hx-on"))}
    assert (found.inline_scripts, found.styles, handlers) == (0, 0, set())
    assert "style" not in found.attributes


@pytest.mark.parametrize("template", PAGES_WITH_CONTEXT)
def test_ids_are_unique_and_what_points_at_them_finds_them(template: str) -> None:
    found = Markup(page(template))

    assert [name for name, times in found.ids.items() if times > 1] == []
    assert found.references - set(found.ids) == set()


@pytest.mark.parametrize("template", PAGES_WITH_CONTEXT)
def test_tags_are_balanced_and_there_is_one_main_heading(template: str) -> None:
    found = Markup(page(template))

    assert (found.unbalanced, found.open) == ([], [])
    assert found.headings.count("h1") == 1


@pytest.mark.parametrize(
    "fragment",
    sorted(
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.glob("*/_*.html")
        # Parts of pages that no region is.
        if path.parent.name != "components" and path.stem != "_sections"
    ),
)
def test_a_fragment_has_one_root_named_after_it(fragment: str) -> None:
    html = get_template(fragment).render(with_context(fragment))

    found = Markup(html)

    own = [root for root in found.roots if "hx-swap-oob" not in root]
    assert [root.get("id") for root in own] == [region_id(fragment)]
    assert {"data-region", "hx-get", "hx-target", "hx-swap"} <= set(own[0])
    assert (found.unbalanced, found.open) == ([], [])


def test_templates_close_what_they_open_in_the_branches_that_no_sample_takes() -> None:
    uneven = {}
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        opened = Counter(re.findall(rf"<({'|'.join(BLOCKS)})\b", text))
        closed = Counter(re.findall(rf"</({'|'.join(BLOCKS)})>", text))
        if opened != closed:
            uneven[str(path.relative_to(TEMPLATES))] = (opened, closed)

    assert uneven == {}


@pytest.mark.parametrize("template", WITHOUT_CONTEXT)
def test_error_pages_need_neither_request_nor_context(template: str) -> None:
    found = Markup(render_to_string(template))

    assert found.headings == ["h1"]
    assert found.inline_scripts == 0


def test_every_icon_is_in_the_sprite() -> None:
    there = set(re.findall(r'id="i-([a-z0-9-]+)"', SPRITE.read_text(encoding="utf-8")))
    base = Path(settings.BASE_DIR)
    sources = [*TEMPLATES.rglob("*.html"), *(base / "static" / "js").glob("*.js")]
    used = set()
    for source in sources:
        text = source.read_text(encoding="utf-8")
        used |= set(re.findall(r'\{% icon "([a-z0-9-]+)"', text))
        used |= set(re.findall(r'(?:mark=|icon: )"([a-z0-9-]+)"', text))
    for name in ("techmart/lib/pills.py", "techmart/core/navigation.py"):
        text = (base / name).read_text(encoding="utf-8")
        used |= set(re.findall(r'Pill\("[a-z]*", "[^"]*", "([a-z0-9-]+)"', text))
        used |= set(re.findall(r'Page\(\s*"[a-z]+",\s*"[^"]+",\s*"([a-z0-9-]+)"', text))

    assert len(used) > 30
    assert used - there == set()


def test_every_class_of_the_style_sheets_is_used() -> None:
    base = Path(settings.BASE_DIR)
    styled = set()
    for sheet in (base / "static" / "css").glob("*.css"):
        rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", sheet.read_text(encoding="utf-8"), flags=re.S)
        styled |= set(re.findall(r"\.([a-z][a-z0-9-]*)", rules))
    text = "".join(
        path.read_text(encoding="utf-8")
        for folder, kind in (
            ("templates", "html"),
            ("static/js", "js"),
            ("techmart/lib", "py"),
            ("techmart/core", "py"),
        )
        for path in (base / folder).rglob(f"*.{kind}")
    )

    # k2 to k6 are written as "k" and the number of tiles, q0 to q7 as "q" and a cell's step.
    unused = {name for name in styled if not re.search(rf"\b{name}\b", text)}
    assert unused <= {"k2", "k3", "k4", "k5", *(f"q{step}" for step in range(8))}


def test_a_tile_says_what_it_is_how_fresh_and_where_it_leads() -> None:
    html = page("analytics/dashboard.html")
    tile = html[html.index('id="figure-net_sales"') : html.index('id="figure-transactions"')]

    assert 'href="/transactions/?period=28d"' in tile
    assert 'title="$1,381,200.40">$1.38M' in tile
    assert "9.4%" in tile
    assert "from $1.26M" in tile
    assert 'datetime="2026-11-24T19:31:29+00:00"' in tile
    assert 'data-fresh-limit="120"' in tile
    assert "less refunds and chargebacks" in tile


def test_the_page_prints_both_stretches_that_its_numbers_compare() -> None:
    html = page("analytics/dashboard.html")

    assert "27 Oct to 23 Nov, compared with 29 Sep to 26 Oct" in html
    # a tile with a stretch of its own says so
    assert "23 Nov 14:32 to 24 Nov 14:32, before: 22 Nov 14:32 to 23 Nov 14:32" in html


def test_simulated_data_is_labelled_and_real_data_is_not() -> None:
    assert "Simulated" in page("techmart/health.html")
    assert "imulated" not in page("techmart/health.html", simulated_data=False, simulated_parts=[])


def test_a_panel_from_the_fragment_cache_is_used_as_it_is() -> None:
    html = page(
        "analytics/dashboard.html", prerendered={"analytics/_strip.html": "<p>kept strip</p>"}
    )

    assert "<p>kept strip</p>" in html
    assert 'id="analytics-strip"' not in html


def test_an_empty_list_says_whether_filters_or_a_new_shop_are_why() -> None:
    filtered = page("transactions/list.html", rows=[])
    new = page("transactions/list.html", rows=[], filtered=False, chips=[])

    assert "No transactions match" in filtered
    assert "Filters: Score 50 or more." in filtered
    assert "No sales yet" in new


def test_empty_panels_say_so() -> None:
    empty: dict[str, Any] = {
        name: None if name.endswith("_chart") else []
        for name in dashboard()
        if name.endswith("_chart")
        or name in ("decisions", "low_stock", "suggestions", "suspicious", "categories")
    }

    html = page("analytics/dashboard.html", **empty, loading=None, alert_strip=[])

    for text in ("Nothing waits for you", "No product is low", "Nothing to order"):
        assert text in html
    assert "being loaded" not in html


def test_a_score_is_explained_with_what_it_would_be_without_each_signal() -> None:
    html = page("transactions/detail.html")

    # −3.2 + 2.6 + 2.1 + 1.3 − 0.9 = 1.9: 87; without the amount −0.7: 33
    assert "Why the score is 87" in html
    assert "+2.60" in html
    assert "without it 33" in html
    assert "−0.90" in html


def test_wrong_credentials_never_say_which_field_was_wrong() -> None:
    from django.contrib.auth.forms import AuthenticationForm

    form = AuthenticationForm(data={"username": "", "password": "x"})
    assert not form.is_valid()

    html = render_to_string("registration/login.html", {**shell(), "form": form, "next": "/"})

    note = html.index('id="form-error"')
    assert note < html.index('id="id_username"')
    assert "autofocus" in html[note : note + 60]
    assert "This field is required" not in html


def test_the_bell_brings_the_other_counters_along() -> None:
    html = get_template("alerts/_bell.html").render({**shell(), "is_fragment": True})

    assert html.count("hx-swap-oob") == 2
    assert 'id="nav-alert-count" hx-swap-oob="true"' in html


def test_acknowledging_is_offered_for_open_alerts_alone() -> None:
    html = page("alerts/list.html", **{**alert_list(), "page_url": "/alerts/"})

    # three of the six samples are open
    assert html.count("data-write") == 3
    assert html.count('name="csrfmiddlewaretoken"') >= 3


def test_stamps_name_the_moment_in_utc_and_in_the_shops_zone() -> None:
    html = page("techmart/health.html")

    assert f'datetime="{NOW.isoformat()}"' in html
    assert ">14:32:10</time>" in html
