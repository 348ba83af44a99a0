"""Conditions that hold for thousands of products or suppliers: the worst are announced.

An alert is something to act on, and nobody acts on thousands. The worst MOST of a look are
raised. One that was raised stays until its condition has ended by a margin or it is no longer
among the worst STAYS, so that those which change places come and go less. So no more than
STAYS alerts stand open, whatever the size of the shop; the lists show the rest.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.choices import AlertKind
from alerts.services import AlertSpec, bring_in_line

MOST = 25
STAYS = 2 * MOST
# What was announced stays until it is back inside its limit by a tenth.
EASED = 0.9


@dataclass(frozen=True, slots=True)
class Finding:
    """One whose condition holds; fires: beyond its limit, not just not yet eased."""

    spec: AlertSpec
    fires: bool


def announce_worst(
    kinds: Collection[AlertKind], findings: Sequence[Finding], *, now: datetime
) -> int:
    """Bring the alerts of these kinds in line with what was found; return those raised.

    kinds: all that the findings can be of. findings: the worst first, of all whose condition has
    not ended: beyond EASED of the limit, or what the condition says itself. Those after the first
    STAYS are not looked at.
    """
    specs = [finding.spec for finding in findings[:STAYS] if finding.fires]
    still = {finding.spec.dedupe_key for finding in findings[:STAYS]}
    return bring_in_line(kinds, specs[:MOST], still=still, now=now)
