"""How stored codes look: a tone, a word and an icon each, so that colour never stands alone.

Statuses, stock states and severities are those of the domain notes. A code that is not listed
is shown as itself, in the neutral tone.
"""

from dataclasses import dataclass

from techmart.lib.page_parts import Tone


@dataclass(frozen=True, slots=True)
class Pill:
    """A tag: tone of its colour, word, icon."""

    tone: Tone
    label: str
    icon: str


TRANSACTION_STATUS = {
    "pending": Pill("", "Pending", "clock"),
    "in_review": Pill("warn", "In review", "shield-alert"),
    "completed": Pill("good", "Completed", "check"),
    "failed": Pill("bad", "Failed", "ban"),
    "cancelled": Pill("", "Cancelled", "x"),
    "partially_refunded": Pill("", "Partly refunded", "undo-2"),
    "refunded": Pill("", "Refunded", "undo-2"),
    "disputed": Pill("warn", "Disputed", "scale"),
    "chargeback": Pill("bad", "Chargeback", "ban"),
}

STOCK_STATE = {
    "out": Pill("bad", "Out of stock", "octagon-alert"),
    "low": Pill("warn", "Low", "triangle-alert"),
    "over": Pill("", "Overstock", "package"),
    "dead": Pill("", "No sales", "package-x"),
    "ok": Pill("good", "Healthy", "check"),
    # Shown instead of out or low while a delivery is on its way.
    "ordered": Pill("info", "On order", "truck"),
}

REPLAY_STATUS = {
    "queued": Pill("", "Waiting", "clock"),
    "running": Pill("info", "Running", "refresh-cw"),
    "done": Pill("good", "Done", "check"),
    "failed": Pill("bad", "Failed", "ban"),
    "cancelled": Pill("", "Cancelled", "x"),
}

SEVERITY = {
    "critical": Pill("bad", "Critical", "octagon-alert"),
    "high": Pill("bad", "High", "triangle-alert"),
    "medium": Pill("warn", "Medium", "triangle-alert"),
    "low": Pill("info", "Low", "info"),
    "info": Pill("", "Information", "info"),
}

ORDER_STATE = {
    "draft": Pill("", "Draft", "minus"),
    "sent": Pill("info", "Sent", "truck"),
    "confirmed": Pill("info", "Confirmed", "truck"),
    "partially_received": Pill("warn", "Partly received", "package"),
    "received": Pill("good", "Received", "circle-check"),
    "closed": Pill("", "Closed short", "check"),
    "cancelled": Pill("", "Cancelled", "x"),
}

ALERT_STATE = {
    "open": Pill("bad", "Open", "bell"),
    "acknowledged": Pill("info", "Acknowledged", "check"),
    "snoozed": Pill("", "Snoozed", "bell-off"),
    "flapping": Pill("warn", "Flapping", "refresh-cw"),
    "resolved": Pill("good", "Resolved", "circle-check"),
}

# Below LOW_CONFIDENCE a suggestion is labelled and never accepted by itself (domain notes 4.6);
# the step from medium to high is judgement.
LOW_CONFIDENCE = 0.3
HIGH_CONFIDENCE = 0.6

# Bands of a fraud score, 0 to 1: suspicious above one half, the rest judgement.
_SCORE_SUSPICIOUS = 0.5
_SCORE_HIGH = 0.8


def pill(table: dict[str, Pill], code: str) -> Pill:
    """Return how a code looks."""
    return table.get(code, Pill("", code.replace("_", " ").capitalize(), "dot"))


def confidence_pill(confidence: float | None) -> Pill:
    """Return the word for a confidence of 0 to 1."""
    if confidence is None:
        return Pill("", "Confidence unknown", "minus")
    if confidence < LOW_CONFIDENCE:
        return Pill("warn", "Low confidence", "triangle-alert")
    if confidence < HIGH_CONFIDENCE:
        return Pill("info", "Medium confidence", "minus")
    return Pill("good", "High confidence", "check")


def score_tone(score: float) -> Tone:
    """Return the tone of a fraud score of 0 to 1."""
    return "bad" if score >= _SCORE_HIGH else "warn" if score > _SCORE_SUSPICIOUS else ""
