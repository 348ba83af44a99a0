"""What the pages of rules show: the list, and one rule with what is missing before it decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count
from django.urls import reverse

from techmart.core.models import AuditEntry
from techmart.lib.page_parts import AsOf, Column
from techmart.lib.plain_list import PlainList
from transactions.choices import BacktestStatus, Decision, RuleState
from transactions.models import FraudRule, FraudRuleVersion, RuleApproval, RuleBacktest, RuleHit
from transactions.rule_pages.addresses import act_url, rule_url, rules_url
from transactions.rule_pages.findings_text import daily_chart, figure_rows, overlap_rows
from transactions.services.rules.backtests import DEFAULT_DAYS
from transactions.services.rules.gate import missing_for_activation, newest_backtest
from transactions.services.rules.life_cycle import SUBJECT

FRESH_SECONDS = 60
# A page that people type into is not fetched anew under their hands.
FORM_SECONDS = 24 * 3600
# Hits a day are of so many days.
HITS_OVER = timedelta(days=7)
MOST_BACKTESTS = 10
MOST_EVENTS = 20
RULE_COLUMNS = (
    Column("Rule", name="rule"),
    Column("Action", name="action"),
    Column("State", name="state"),
    Column("Live a day", align="r", name="live"),
    Column("Shadow a day", align="r", name="shadow"),
    Column("Last backtest", hide="opt-m", name="backtest"),
)
STATE_TONES = {
    RuleState.DRAFT: "",
    RuleState.SHADOW: "info",
    RuleState.ACTIVE: "good",
    RuleState.RETIRED: "",
}
ACTION_TONES = {Decision.ALLOW: "good", Decision.REVIEW: "warn", Decision.BLOCK: "bad"}
_EVENT_TITLES = {
    "rule.make": "Made",
    "rule.rewrite": "Written anew",
    "rule.backtest": "Backtest asked for",
    "rule.shadow": "Put in shadow",
    "rule.stop_shadow": "Shadow stopped",
    "rule.activate": "Activated",
    "rule.approve": "Approved",
    "rule.retire": "Retired",
}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in the list. live_a_day, shadow_a_day: cases over the last week, None: not running."""

    name: str
    url: str
    sentence: str
    owner: str
    action_label: str
    action_tone: str
    state_label: str
    state_tone: str
    live_a_day: float | None
    shadow_a_day: float | None
    backtest_at: datetime | None
    backtest_cases: float | None
    backtest_precision: float | None


def rules_context(view: PlainList, *, now: datetime, may_change: bool) -> dict[str, Any]:
    """Return what `transactions/_rules.html` asks for."""
    return {
        **view.context(),
        "freshness": AsOf(now, FRESH_SECONDS),
        "section": "rules",
        "lists_url": reverse("transactions:value-lists"),
        "new_url": reverse("transactions:rule-new") if may_change else "",
        "rows": rule_rows(now=now),
    }


def rule_rows(*, now: datetime) -> list[RuleRow]:
    """Return all rules: running ones first, then by name."""
    rules = FraudRule.objects.select_related("owner", "live", "shadow")
    order = (RuleState.ACTIVE, RuleState.SHADOW, RuleState.DRAFT, RuleState.RETIRED)
    listed = sorted(rules, key=lambda rule: (order.index(RuleState(rule.state)), rule.name))
    hits = cases_a_day([pk for rule in listed for pk in (rule.live_id, rule.shadow_id) if pk], now)
    newest = {
        version.rule_id: version
        for version in FraudRuleVersion.objects.order_by("rule_id", "-number").distinct("rule_id")
    }
    backtests = _newest_backtests()
    return [_rule_row(rule, newest[rule.pk], hits, backtests.get(rule.pk)) for rule in listed]


def _rule_row(
    rule: FraudRule,
    newest: FraudRuleVersion,
    hits: Mapping[int, float],
    backtest: RuleBacktest | None,
) -> RuleRow:
    shown = rule.live or rule.shadow or newest
    result = backtest.result if backtest else {}
    return RuleRow(
        name=rule.name,
        url=rule_url(rule.pk),
        sentence=shown.sentence,
        owner=str(rule.owner),
        action_label=Decision(rule.action).label,
        action_tone=ACTION_TONES[Decision(rule.action)],
        state_label=RuleState(rule.state).label,
        state_tone=STATE_TONES[RuleState(rule.state)],
        live_a_day=hits.get(rule.live_id, 0.0) if rule.live_id else None,
        shadow_a_day=hits.get(rule.shadow_id, 0.0) if rule.shadow_id else None,
        backtest_at=backtest.finished_at if backtest else None,
        backtest_cases=result.get("cases_a_day"),
        backtest_precision=result["precision"]["value"] if result else None,
    )


def cases_a_day(version_ids: list[int], now: datetime) -> dict[int, float]:
    """Return cases a day of each version over the last week; served by idx_rule_hits_version."""
    counted = (
        RuleHit.objects.filter(version_id__in=version_ids, at__gt=now - HITS_OVER, at__lte=now)
        .values_list("version_id")
        .annotate(cases=Count("transaction__order_ref", distinct=True))
    )
    return {version: cases / HITS_OVER.days for version, cases in counted}


def _newest_backtests() -> dict[int, RuleBacktest]:
    done = RuleBacktest.objects.filter(status=BacktestStatus.DONE).select_related("version")
    newest = done.order_by("version__rule_id", "-pk").distinct("version__rule_id")
    return {each.version.rule_id: each for each in newest}


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version. runs: "Live" or "Shadow" or "". current: the one that the page shows."""

    number: int
    url: str
    sentence: str
    note: str
    author: str
    created_at: datetime
    runs: str
    approved_by: str
    current: bool


@dataclass(frozen=True, slots=True)
class BacktestRow:
    """A backtest of the version shown. share: of its sales done, 0 to 1."""

    status: str
    since: date
    until_day: date
    requested_by: str
    requested_at: datetime
    done: int
    total: int
    share: float
    seconds: float | None
    error: str


@dataclass(frozen=True, slots=True)
class ActError:
    """Why an act was refused; nothing was changed. tone: as of a note."""

    detail: str
    errors: Mapping[str, str]
    tone: str = "bad"


def rule_context(
    rule: FraudRule,
    *,
    number: int | None,
    now: datetime,
    may_change: bool,
    error: ActError | None = None,
    typed: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what `transactions/_rule.html` asks for.

    number: of the version to show; the newest when None or unknown. typed: fields of a refused
    act, to be shown again.
    """
    versions = list(rule.versions.select_related("author").order_by("-number"))
    shown = next((each for each in versions if each.number == number), versions[0])
    shown.rule = rule
    backtest = newest_backtest(shown)
    tries = list(shown.backtests.select_related("requested_by").order_by("-pk")[:MOST_BACKTESTS])
    running = next((each for each in tries if each.finished_at is None), None)
    hits = cases_a_day([pk for pk in (rule.live_id, rule.shadow_id) if pk], now)
    missing = missing_for_activation(shown, now=now) if rule.live_id != shown.pk else []
    return {
        "page_url": rule_url(rule.pk, version=None if shown is versions[0] else shown.number),
        "rules_url": rules_url(),
        "freshness": AsOf(now, FORM_SECONDS),
        "section": "rules",
        "rule": rule,
        "version": shown,
        "action_label": Decision(rule.action).label,
        "action_tone": ACTION_TONES[Decision(rule.action)],
        "state_label": RuleState(rule.state).label,
        "state_tone": STATE_TONES[RuleState(rule.state)],
        "live_number": rule.live.number if rule.live else None,
        "shadow_number": rule.shadow.number if rule.shadow else None,
        "live_a_day": hits.get(rule.live_id, 0.0) if rule.live_id else None,
        "shadow_a_day": hits.get(rule.shadow_id, 0.0) if rule.shadow_id else None,
        "versions": _version_rows(rule, versions, shown),
        "missing": [each.message for each in missing],
        "acts": _acts(rule, shown, missing=bool(missing)) if may_change else {},
        "edit_url": reverse("transactions:rule-edit", args=(rule.pk,)) if may_change else "",
        "running": _backtest_row(running) if running else None,
        "backtests": [_backtest_row(each) for each in tries if each is not running],
        "backtest": backtest,
        "backtest_last_day": backtest.until_date - timedelta(days=1) if backtest else None,
        "figures": figure_rows(backtest, rule.action) if backtest else [],
        "overlap": overlap_rows(backtest.result) if backtest else [],
        "of_today": backtest.result["of_today"] if backtest else [],
        "chart": daily_chart(backtest.result) if backtest else None,
        "events": _events(rule),
        "act_error": error,
        "typed": {"since": "", "until": "", "reason": "", **(typed or {})},
        "default_days": DEFAULT_DAYS,
    }


def _version_rows(
    rule: FraudRule, versions: list[FraudRuleVersion], shown: FraudRuleVersion
) -> list[VersionRow]:
    approvals = {
        approval.version_id: str(approval.approver)
        for approval in RuleApproval.objects.filter(version__rule=rule).select_related("approver")
    }
    runs = {rule.live_id: "Live", rule.shadow_id: "Shadow"}
    return [
        VersionRow(
            number=each.number,
            url=rule_url(rule.pk, version=each.number),
            sentence=each.sentence,
            note=each.note,
            author=str(each.author),
            created_at=each.created_at,
            runs=runs.get(each.pk, ""),
            approved_by=approvals.get(each.pk, ""),
            current=each is shown,
        )
        for each in versions
    ]


def _acts(rule: FraudRule, shown: FraudRuleVersion, *, missing: bool) -> dict[str, str]:
    """Return the address of each act that fits the version shown.

    Activation is offered only when nothing is missing; the page says what is.
    """
    fits = {
        "backtest": True,
        "activate": rule.live_id != shown.pk and not missing,
        "shadow": rule.shadow_id != shown.pk,
        "stop-shadow": rule.shadow_id is not None,
        "approve": rule.action == Decision.BLOCK
        and not RuleApproval.objects.filter(version=shown).exists(),
        "retire": rule.state != RuleState.RETIRED,
    }
    return {act.replace("-", "_"): act_url(rule.pk, act) for act, does in fits.items() if does}


def _backtest_row(backtest: RuleBacktest) -> BacktestRow:
    ended, started = backtest.finished_at, backtest.started_at
    total = backtest.sales_total
    return BacktestRow(
        status=backtest.status,
        since=backtest.since_date,
        until_day=backtest.until_date - timedelta(days=1),
        requested_by=str(backtest.requested_by) if backtest.requested_by else "",
        requested_at=backtest.requested_at,
        done=backtest.sales_done,
        total=total,
        share=min(1.0, backtest.sales_done / total) if total else 0.0,
        seconds=(ended - started).total_seconds() if ended and started else None,
        error=backtest.error,
    )


def _events(rule: FraudRule) -> list[dict[str, Any]]:
    """What was done to the rule, newest first; served by idx_audit_subject."""
    entries = AuditEntry.objects.filter(subject_kind=SUBJECT, subject_id=rule.pk)
    return [
        {
            "at": entry.at,
            "title": _EVENT_TITLES.get(entry.action, entry.action),
            "detail": entry.reason or _version_of(entry.after),
            "actor": str(entry.actor) if entry.actor else "System",
        }
        for entry in entries.select_related("actor").order_by("-at")[:MOST_EVENTS]
    ]


def _version_of(after: Mapping[str, Any]) -> str:
    number = after.get("version") or after.get("live") or after.get("shadow")
    return f"Version {number}" if number else ""
