"""One style sheet and one script, put together from one file a subject."""

from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from techmart.core import bundles
from techmart.core.bundles import BUNDLES, STATIC, BundleFinder, bundled
from tests.techmart.page_samples import PAGES_WITH_CONTEXT


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle of two files in a folder of its own."""
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "a.css").write_text("a{}\n", encoding="utf-8")
    (tmp_path / "css" / "b.css").write_text("b{}\n", encoding="utf-8")
    monkeypatch.setattr(bundles, "STATIC", tmp_path)
    monkeypatch.setattr(bundles, "BUILT", tmp_path / "built")
    monkeypatch.setattr(bundles, "BUNDLES", {"css/app.css": ("css/a.css", "css/b.css")})
    return tmp_path


def test_a_bundle_holds_its_files_in_order(sources: Path) -> None:
    found = BundleFinder().find("css/app.css")

    assert Path(found).read_text(encoding="utf-8") == "/* css/a.css */\na{}\n/* css/b.css */\nb{}\n"


def test_comments_on_lines_of_their_own_stay_behind(sources: Path) -> None:
    (sources / "css" / "a.css").write_text(
        "/* What it is for,\n   over two lines. */\nlet one = 1; // beside code\n"
        '  // Why.\nlet two = "/* kept */";\n/* before code */ let three = 3;\n/* Last. */\n'
    )

    assert bundled("css/app.css").startswith(
        "/* css/a.css */\nlet one = 1; // beside code\n"
        'let two = "/* kept */";\n/* before code */ let three = 3;\n/* css/b.css */\n'
    )


def test_a_changed_file_changes_the_bundle(sources: Path) -> None:
    BundleFinder().find("css/app.css")
    (sources / "css" / "b.css").write_text("c{}\n", encoding="utf-8")

    found = BundleFinder().find("css/app.css")

    assert "c{}" in Path(found).read_text(encoding="utf-8")


def test_an_unchanged_bundle_is_not_written_again(sources: Path) -> None:
    found = Path(BundleFinder().find("css/app.css"))
    before = found.stat().st_mtime_ns

    BundleFinder().find("css/app.css")

    assert found.stat().st_mtime_ns == before


def test_a_file_that_is_missing_is_named(sources: Path) -> None:
    (sources / "css" / "a.css").unlink()

    assert [error.id for error in BundleFinder().check()] == ["core.E010"]


def test_collectstatic_takes_the_bundles_along(sources: Path) -> None:
    listed = [(path, storage.exists(path)) for path, storage in BundleFinder().list([])]

    assert listed == [("css/app.css", True)]


def test_other_files_are_left_to_other_finders(sources: Path) -> None:
    assert BundleFinder().find("css/tokens.css") is None
    assert BundleFinder().find("css/tokens.css", find_all=True) == []


def test_the_sites_bundles_are_found() -> None:
    assert all(finders.find(path) for path in BUNDLES)
    assert BundleFinder().check() == []


def test_the_first_load_stays_within_its_budget() -> None:
    vendor = STATIC / "vendor"
    scripts = [
        bundled("js/app.js").encode(),
        (STATIC / "js" / "theme.js").read_bytes(),
        (vendor / "htmx" / "htmx.min.js").read_bytes(),
        (vendor / "idiomorph" / "idiomorph-ext.min.js").read_bytes(),
    ]
    texts = [
        bundled("css/app.css").encode(),
        (vendor / "lucide" / "sprite.svg").read_bytes(),
        render_to_string(
            "analytics/dashboard.html", PAGES_WITH_CONTEXT["analytics/dashboard.html"]
        ).encode(),
    ]
    font = (vendor / "inter" / "inter-latin-wght-normal.woff2").stat().st_size

    script_bytes = sum(len(brotli.compress(text)) for text in scripts)
    all_bytes = script_bytes + font + sum(len(brotli.compress(text)) for text in texts)

    assert script_bytes <= 30 * 1024
    assert all_bytes <= 120 * 1024


@pytest.mark.parametrize("kind", ["css", "js"])
def test_every_source_is_part_of_a_bundle(kind: str) -> None:
    listed = {part for parts in BUNDLES.values() for part in parts}

    there = {f"{kind}/{path.name}" for path in (STATIC / kind).glob(f"*.{kind}")}

    # theme.js runs before the first paint, so it cannot wait for the bundle.
    assert there - listed <= {"js/theme.js"}
