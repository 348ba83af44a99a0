"""The builder of rules: htmx and plain buttons send the same form."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import FieldError, Refusal
from techmart.lib.htmx import render_page, see_other
from techmart.lib.page_parts import Option
from transactions.choices import Decision
from transactions.models import FraudRule, ValueList
from transactions.rule_pages.addresses import rule_url, rules_url
from transactions.rule_pages.answers import found_rule
from transactions.rule_pages.builder import (
    SAVE,
    Draft,
    Rows,
    draft_of,
    expression_of,
    new_draft,
    read_draft,
)
from transactions.rule_pages.views import MAY_ADD, MAY_CHANGE
from transactions.rules.parsing import ExpressionRefused, parse
from transactions.rules.wording import sentence
from transactions.services import rules
from transactions.services.rules.running import list_kinds, list_names

BUILDER = "transactions/_rule_builder.html"
SENTENCE = "transactions/_rule_sentence.html"


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(MAY_ADD)
def new_rule(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Build a rule."""

    def save(draft: Draft) -> int:
        rule = rules.create_rule(
            name=request.POST.get("name", ""),
            action=request.POST.get("action", ""),
            reason=request.POST.get("reason", ""),
            expression=expression_of(draft),
            actor=request.user,
            now=timezone.now(),
        )
        return rule.pk

    return _build(request, first=new_draft(), rule=None, save=save)


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(MAY_CHANGE)
def edit_rule(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Write a rule anew, from its newest version."""
    rule = found_rule(pk)

    def save(draft: Draft) -> int:
        rules.add_version(
            rule_id=pk,
            expression=expression_of(draft),
            note=request.POST.get("note", ""),
            actor=request.user,
            now=timezone.now(),
        )
        return pk

    newest = rule.versions.get(number=rule.versions_made)
    return _build(request, first=draft_of(newest.expression), rule=rule, save=save)


def _build(
    request: AuthenticatedHttpRequest,
    *,
    first: Draft,
    rule: FraudRule | None,
    save: Callable[[Draft], int],
) -> HttpResponse:
    """Show the builder, carry out what its buttons say, save what is right."""
    draft = read_draft(request.POST) if request.method == "POST" else first
    errors: list[FieldError] = []
    if request.POST.get("do") == SAVE:
        try:
            return see_other(request, rule_url(save(draft)))
        except Refusal as refusal:
            errors = refusal.errors
    context = _builder_context(request.POST, draft, errors, rule)
    return render_page(
        request,
        "transactions/rule_builder.html",
        fragment=(BUILDER, SENTENCE),
        context=context,
        status=422 if errors else 200,
    )


def _builder_context(
    posted: QueryDict, draft: Draft, errors: list[FieldError], rule: FraudRule | None
) -> dict[str, Any]:
    lists = list(ValueList.objects.order_by("name").values_list("key", "name", "kind"))
    by_field: dict[str, str] = {}
    for error in errors:
        by_field.setdefault(error.field, error.message)
    in_words, unfinished = _in_words(draft)
    return {
        "page_url": _builder_url(rule),
        "rules_url": rules_url(),
        "section": "rules",
        "rule": rule,
        "rule_url": rule_url(rule.pk) if rule else "",
        "root": Rows(lists, errors).of(draft),
        "sentence": in_words,
        "unfinished": unfinished,
        "actions": [Option(*action) for action in Decision.choices],
        "typed": {
            name: posted.get(name, default)
            for name, default in (
                ("name", ""),
                ("action", Decision.REVIEW.value),
                ("reason", ""),
                ("note", ""),
            )
        },
        "errors": by_field,
        "has_errors": bool(errors),
    }


def _builder_url(rule: FraudRule | None) -> str:
    return (
        reverse("transactions:rule-edit", args=(rule.pk,))
        if rule
        else reverse("transactions:rule-new")
    )


def _in_words(draft: Draft) -> tuple[str, int]:
    """Return what is built as a sentence, or how much of it is not finished."""
    try:
        node = parse(expression_of(draft), lists=list_kinds())
    except ExpressionRefused as refused:
        return "", len(refused.errors)
    return sentence(node, lists=list_names(), currency=settings.SHOP_CURRENCY), 0
