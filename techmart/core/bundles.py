"""One style sheet and one script a page, put together from one file a subject.

The finder gives `css/app.css` and `js/app.js` to `runserver`, tests and `collectstatic` alike,
so no build tool is needed and no built file is kept in the repository.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage

STATIC = Path(settings.BASE_DIR) / "static"
BUILT = Path(settings.BASE_DIR) / "build" / "bundles"

# Order is the cascade: tokens first, then elements, then parts, then what overrides them.
BUNDLES: dict[str, tuple[str, ...]] = {
    "css/app.css": tuple(
        f"css/{name}.css"
        for name in (
            "tokens",
            "base",
            "shell",
            "controls",
            "surfaces",
            "tiles",
            "tags",
            "tables",
            "lists",
            "charts",
            "details",
            "review",
            "forms",
            "rules",
            "states",
            "layers",
            "palette",
            "sign_in",
            "responsive",
            "replay",
            "purchasing",
            "print",
        )
    ),
    "js/app.js": tuple(
        f"js/{name}.js"
        for name in (
            "toasts",
            "ages",
            "preferences",
            "layers",
            "charts",
            "keyboard",
            "palette",
            "review",
            "requests",
            "live",
        )
    ),
}

# A comment with code on one of its lines stays whole.
_COMMENT_LINES = re.compile(r"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/[ \t]*|//[^\n]*)\n", re.MULTILINE)


class BundleFinder(BaseFinder):
    """Finds bundles, made anew whenever one of their files has changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=BUILT)
        # collectstatic reads it: where in STATIC_ROOT the storage's files go.
        self.storage.prefix = ""  # type: ignore[attr-defined]  # as FileSystemFinder does
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Name the files that a bundle lists and the folder lacks."""
        return [
            Error(f"{bundle} lists {part}, which is not in {STATIC}.", id="core.E010")
            for bundle, parts in BUNDLES.items()
            for part in parts
            if not (STATIC / part).is_file()
        ]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the path of a bundle on disk, or nothing."""
        if path not in BUNDLES:
            return [] if find_all else None
        built = str(build(path))
        return [built] if find_all else built

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        """Yield all bundles."""
        for path in BUNDLES:
            if not matches_patterns(path, list(ignore_patterns or [])):
                build(path)
                yield path, self.storage


def bundled(path: str) -> str:
    """Return the text of a bundle: its files in order, a line with its name before each.

    Comments that have their lines to themselves are for those who read the files, and left out.
    """
    parts = ((part, (STATIC / part).read_text(encoding="utf-8")) for part in BUNDLES[path])
    return "".join(f"/* {part} */\n{_COMMENT_LINES.sub('', text)}" for part, text in parts)


def build(path: str) -> Path:
    """Write a bundle if it differs from what is on disk, and return where it is."""
    text, target = bundled(path), BUILT / path
    if target.is_file() and target.read_text(encoding="utf-8") == text:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # Two processes may build at once: each replaces the whole file in one step.
    part = target.with_suffix(f".{os.getpid()}.tmp")
    part.write_text(text, encoding="utf-8")
    part.replace(target)
    return target
