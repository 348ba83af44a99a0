"""What a caller says about a condition that it has seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alerts.choices import AlertKind, Severity

_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class AlertSpec:
    """One sighting of a condition that a person should look at.

    dedupe_key: names the condition; sightings of one key are merged (domain rule of the kind).
    subject_kind, subject_id: the row it is about, such as "product" and its key.
    title, message: for people; cut to what the alert holds, since a long name must not fail a
    sale.
    path: the page where it is dealt with.
    facts: figures behind it, as JSON can hold them.
    audience: permission needed to see it, such as "inventory.view_product"; empty: everyone who
    may see alerts.
    """

    kind: AlertKind
    severity: Severity
    dedupe_key: str
    subject_kind: str
    subject_id: int | None
    title: str
    message: str = ""
    path: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    audience: str = ""

    @property
    def short_title(self) -> str:
        """The title, 200 characters at most."""
        return _cut(self.title, 200)

    @property
    def short_message(self) -> str:
        """The message, 500 characters at most."""
        return _cut(self.message, 500)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + _ELLIPSIS
