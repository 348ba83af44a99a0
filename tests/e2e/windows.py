"""Browser windows, and what the tests do and read in them."""

import re
import time
from collections import deque
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
)

from tests.e2e.stack import Stack

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


class Windows:
    """Opens signed-in windows, and collects what goes wrong in their pages."""

    def __init__(self, browser: Browser, **options: Any) -> None:
        self._browser = browser
        self._options = options
        self._contexts: list[BrowserContext] = []
        self._wrong: list[str] = []
        # What went over the wire last, for the report of a test that fails.
        self.traffic: deque[str] = deque(maxlen=80)

    def open(self, **options: Any) -> BrowserContext:
        context = self._browser.new_context(**{"viewport": DESK, **self._options, **options})
        context.on("console", self._note_error)
        context.on("weberror", lambda error: self._wrong.append(f"{error.error}"))
        context.on("request", self._note_request)
        context.on("response", self._note_response)
        self._contexts.append(context)
        return context

    def forgive(self, pattern: str) -> None:
        """Let errors pass that the test has brought about, such as a killed socket."""
        self._wrong = [text for text in self._wrong if not re.search(pattern, text)]

    def looks(self) -> list[str]:
        """Return where each open page is and what it says, for the report of a failure."""
        pages = [page for context in self._contexts for page in context.pages]
        return [f"{page.url}\n{page.locator('main').first.aria_snapshot()}" for page in pages]

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        assert not self._wrong, self._wrong

    def _note_request(self, request: Request) -> None:
        self._note(f"> {request.method} {request.url} {request.headers.get('hx-target', '')}")

    def _note_response(self, response: Response) -> None:
        location = response.headers.get("hx-location", response.headers.get("location", ""))
        self._note(f"< {response.status} {response.request.method} {response.url} {location}")

    def _note(self, text: str) -> None:
        self.traffic.append(f"{time.monotonic():.2f} {text.rstrip()}")

    def _note_error(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._wrong.append(f"{message.text} {message.location['url']}")


def sign_in(
    page: Page, stack: Stack, *, path: str = "/", email: str = "", password: str = ""
) -> None:
    """Sign in as a person does, on the way to a page; as the first user unless another is named."""
    page.goto(path)
    page.get_by_label("E-mail").fill(email or stack.email)
    page.get_by_label("Password").fill(password or stack.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_be_visible()


def open_live(page: Page, path: str) -> None:
    """Open a page, wait until it is connected, and mark it so that a reload would show."""
    page.goto(path)
    expect_connection(page, "Live")
    page.evaluate("window.neverReloaded = true")


def expect_connection(page: Page, word: str, *, seconds: float = 20) -> None:
    """Expect the word in the header that says how the page hears of changes."""
    expect(page.locator("#live")).to_have_text(word, timeout=seconds * 1000)


def is_untouched(page: Page) -> bool:
    """Say whether the page is still the document that `open_live` opened."""
    return bool(page.evaluate("window.neverReloaded === true"))


def number(text: str) -> float:
    """Return the number in a text such as "$1,249.00"."""
    return float(re.sub(r"[^\d.−-]", "", text).replace("−", "-"))
