"""What the pages of alert rules show: finished values for the templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from alerts.choices import Severity
from analytics.metric_rules import words
from analytics.metric_rules.evaluation import Look
from analytics.metric_rules.forms import MetricRuleForm
from analytics.metric_rules.models import MetricRule
from techmart.lib.page_parts import AsOf, Column
from techmart.lib.plain_list import PlainList

# Rules are looked at once a minute.
FRESH_SECONDS = 120
RULES_PATH = "/alerts/rules/"

COLUMNS = (
    Column("Rule", name="rule"),
    Column("Now", align="r", name="now"),
    Column("Compared with", align="r", hide="opt-m", name="reference"),
    Column("Severity", hide="opt-s", name="severity"),
    Column("State", name="state"),
    Column("Actions", align="r", label_hidden=True),
)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule in the list. now, reference: finished texts. rows_url: the rows behind it."""

    pk: int
    name: str
    sentence: str
    now: str
    reference: str
    severity: str
    state: str
    tone: str
    enabled: bool
    version: int
    rows_url: str
    edit_url: str
    switch_url: str
    delete_url: str
    owner: str


def list_context(view: PlainList, *, may_change: bool, now: datetime) -> dict[str, Any]:
    """Return all rules, those that fire first."""
    rules = listed_rules()
    rows = [row_of(rule, may_change=may_change, now=now) for rule in rules]
    return {
        **view.context(),
        "new_url": reverse("metric_rules:new") if may_change else "",
        "freshness": AsOf(judged_at(rules) or now, FRESH_SECONDS),
        "rows": rows,
    }


def listed_rules() -> list[MetricRule]:
    """Return all rules in the order of the page."""
    return list(MetricRule.objects.select_related("owner").order_by("-enabled", "-fires", "name"))


def judged_at(rules: Sequence[MetricRule]) -> datetime | None:
    """Return up to when all that are on were looked at; None before the first look."""
    looked = [rule.judged_at for rule in rules if rule.enabled and rule.judged_at]
    return min(looked, default=None)


def form_context(
    form: MetricRuleForm, *, rule: MetricRule | None, look: Look | None
) -> dict[str, Any]:
    """Return the form with what the rule, as it is saved, would say now."""
    return {
        "page_url": reverse("metric_rules:edit", args=[rule.pk])
        if rule
        else reverse("metric_rules:new"),
        "list_url": reverse("metric_rules:list"),
        "alerts_url": reverse("alerts:list"),
        "form": form,
        "title": rule.name if rule else "New alert rule",
        "sentence": words.sentence(rule) if rule else "",
        "finding": words.finding(rule, look.value, look.judgement.reference)
        if rule and look
        else "",
        "rows_url": words.rows_behind(rule, at=look.at) if rule and look else "",
    }


def row_of(rule: MetricRule, *, may_change: bool, now: datetime) -> RuleRow:
    """Return a rule as the list shows it."""
    state, tone = _state(rule)
    return RuleRow(
        pk=rule.pk,
        name=rule.name,
        sentence=words.sentence(rule),
        now=words.amount(rule, rule.value),
        reference=words.amount(rule, rule.reference),
        severity=Severity(rule.severity),
        state=state,
        tone=tone,
        enabled=rule.enabled,
        version=rule.version,
        rows_url=words.rows_behind(rule, at=rule.judged_at or now),
        edit_url=reverse("metric_rules:edit", args=[rule.pk]) if may_change else "",
        switch_url=reverse("metric_rules:switch", args=[rule.pk]) if may_change else "",
        delete_url=reverse("metric_rules:delete", args=[rule.pk]) if may_change else "",
        owner=rule.owner.get_full_name() or rule.owner.email,
    )


def _state(rule: MetricRule) -> tuple[str, str]:
    if not rule.enabled:
        return "Off", ""
    if rule.fires:
        return "Alert", "bad"
    if rule.judged_at is None:
        return "Not looked at yet", ""
    if rule.value is None or rule.reference is None:
        return "Nothing to compare with", "warn"
    return "In order", "good"
