"""Acts on a product's forecast: a word on some days, its end, a new run, the correction."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from inventory.choices import OverrideKind, RunKind
from inventory.forecast_page.forms import CorrectionForm, OverrideForm
from inventory.models import ForecastOverride, Product
from inventory.page_acts import form_problem, go
from inventory.paths import product_path
from inventory.planner import Scope, request_run
from inventory.services.overrides import give_override, withdraw_override
from inventory.services.products import change_product
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import Refusal

PERMISSION = "inventory.add_forecastoverride"


@require_POST
@page_for(PERMISSION)
def override(request: AuthenticatedHttpRequest, sku: str) -> HttpResponse:
    """Say what some days will bring."""
    product = _found(sku)
    form = OverrideForm(request.POST)
    if not form.is_valid():
        return _refused(request, product, form_problem(form).text)
    given = dict(form.cleaned_data)

    def give() -> None:
        give_override(
            product_id=product.pk,
            kind=OverrideKind(given.pop("kind")),
            actor=request.user,
            now=timezone.now(),
            **given,
        )

    return _done(request, product, give, "Noted. The next run of predictions applies it.")


@require_POST
@page_for(PERMISSION)
def withdraw(request: AuthenticatedHttpRequest, sku: str, override_id: int) -> HttpResponse:
    """Take a word back."""
    product = _found(sku)
    if not ForecastOverride.objects.filter(pk=override_id, product=product).exists():
        raise Http404(f"There is no override {override_id} of {sku}.")
    return _done(
        request,
        product,
        lambda: withdraw_override(override_id=override_id, actor=request.user, now=timezone.now()),
        "Taken back. The next run of predictions leaves it out.",
    )


@require_POST
@page_for(PERMISSION)
def recompute(request: AuthenticatedHttpRequest, sku: str) -> HttpResponse:
    """Queue a run of predictions for this product alone."""
    product = _found(sku)
    return _done(
        request,
        product,
        lambda: request_run(
            kind=RunKind.PREDICTIONS,
            scope=Scope(product_ids=(product.pk,)),
            actor=request.user,
            now=timezone.now(),
        ),
        "Forecasting. The page shows the new forecast in a few seconds.",
    )


@require_POST
@page_for("inventory.change_product")
def stockouts(request: AuthenticatedHttpRequest, sku: str) -> HttpResponse:
    """Choose whether days without stock are corrected for."""
    product = _found(sku)
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _refused(request, product, form_problem(form).text)
    return _done(
        request,
        product,
        lambda: change_product(
            product_id=product.pk,
            changes={"correct_stockouts": form.cleaned_data["correct"]},
            version=form.cleaned_data["version"],
            actor=request.user,
            reason="Correction of days without stock",
            now=timezone.now(),
        ),
        "Changed. The next run of predictions follows it.",
    )


def _found(sku: str) -> Product:
    product = Product.objects.filter(sku=sku).first()
    if product is None:
        raise Http404(f"There is no product {sku}.")
    return product


def _done(
    request: AuthenticatedHttpRequest, product: Product, act: Callable[[], object], said: str
) -> HttpResponse:
    try:
        act()
    except Refusal as refusal:
        words = [each.message for each in refusal.errors] or [refusal.detail]
        return _refused(request, product, " ".join(words))
    except ValidationError as invalid:
        return _refused(request, product, " ".join(invalid.messages))
    return go(request, _path(product), said)


def _refused(request: AuthenticatedHttpRequest, product: Product, words: str) -> HttpResponse:
    messages.error(request, words)
    return HttpResponse(status=303, headers={"Location": _path(product)})


def _path(product: Product) -> str:
    return f"{product_path(product.sku)}#forecast-title"
