"""One stack and one browser for all of these tests, a signed-in window for each."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from tests.e2e.people import COLLEAGUE
from tests.e2e.stack import Stack, running_stack
from tests.e2e.windows import Windows, sign_in

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
_ARGUMENTS = [
    "--no-sandbox",  # there is none for root
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_HERE = Path(__file__).parent


# Before xdist's own, which reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests, keep them in one process, and leave them out without a browser."""
    mine = [item for item in items if _HERE in item.path.parents]
    for item in mine:
        item.add_marker(pytest.mark.e2e)
        item.add_marker(pytest.mark.xdist_group("e2e"))
        if CHROMIUM is None and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason="needs Chromium: apt-get install chromium"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a failure say what went over the wire before it, and where its pages were."""
    report = yield
    windows = getattr(item, "funcargs", {}).get("windows")
    if report.failed and call.when == "call" and windows:
        report.sections.append(("traffic", "\n".join(windows.traffic)))
        report.sections.append(("pages", "\n".join(windows.looks())))
    return report


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """The stack has a cache of its own, which stays as it is."""


# For the folder and not the session: Playwright's event loop would stand in the way of others.
@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    with running_stack() as stack:
        yield stack


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=CHROMIUM, args=_ARGUMENTS, ignore_default_args=["--headless"]
        )


@pytest.fixture(scope="package")
def session(stack: Stack, browser: Browser) -> StorageState:
    """The cookies of somebody signed in."""
    context = browser.new_context(base_url=stack.url)
    page = context.new_page()
    sign_in(page, stack)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def windows(stack: Stack, browser: Browser, session: StorageState) -> Iterator[Windows]:
    """Signed-in windows of any kind; no page may have said an error or broken a policy."""
    windows = Windows(browser, base_url=stack.url, storage_state=session)
    yield windows
    windows.close()


@pytest.fixture
def context(windows: Windows) -> BrowserContext:
    """A signed-in window of a desk's size."""
    return windows.open()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def colleague(stack: Stack, windows: Windows) -> Page:
    """A page of somebody else who may do everything."""
    page = windows.open(storage_state=None).new_page()
    sign_in(page, stack, **COLLEAGUE)
    return page


@pytest.fixture
def plain_page(stack: Stack, windows: Windows) -> Page:
    """A signed-in page without JavaScript."""
    page = windows.open(java_script_enabled=False, storage_state=None).new_page()
    sign_in(page, stack)
    return page


@pytest.fixture
def stranger(stack: Stack, browser: Browser) -> Iterator[Page]:
    """A page of somebody who has not signed in."""
    context: Any = browser.new_context(base_url=stack.url)
    yield context.new_page()
    context.close()
