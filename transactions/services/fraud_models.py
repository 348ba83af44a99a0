"""Fraud models put in place, taken back and watched."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from alerts.choices import AlertKind, Severity
from alerts.services import AlertSpec, clear_alerts, raise_alerts
from techmart.core.models import User
from transactions.choices import ModelKind, ModelState
from transactions.fraud.champion import load_model
from transactions.fraud.columns import PRIOR
from transactions.fraud.learning.additive import BrokenArtefact
from transactions.models import FraudModel
from transactions.services.refusals import ModelUnusable, NoEarlierModel, UnknownModel
from transactions.services.review_capacity import hold_by

ALERT_KEY = "ops.model"
# Candidates and retired models kept beside the champion: a quarter of weekly refits.
KEPT = 26
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('fraud_models'))"


@transaction.atomic
def install_models(models: Sequence[FraudModel], *, best: ModelKind, now: datetime) -> FraudModel:
    """Keep new models and put the one of the best kind in place; return the champion.

    best: the priors' kind takes every model out of place.
    """
    _lock()
    FraudModel.objects.bulk_create(models)
    champion = next((model for model in models if model.kind == best), None) or _prior_row(now)
    _put_in_place(champion, promoted_at=now, actor=None, now=now)
    _forget_old()
    return champion


@transaction.atomic
def promote_model(*, model_id: int, actor: User, now: datetime) -> FraudModel:
    """Put a kept model in place. Raises UnknownModel, ModelUnusable."""
    _lock()
    model = FraudModel.objects.filter(pk=model_id).first()
    if model is None:
        raise UnknownModel(model_id)
    problem = problem_of(model)
    if problem is not None:
        raise ModelUnusable(model.version, problem)
    _put_in_place(model, promoted_at=now, actor=actor, now=now)
    return model


@transaction.atomic
def roll_back_model(*, actor: User, now: datetime) -> FraudModel:
    """Put the champion before this one back in place; the priors when none can be used.

    What was taken back is kept, but not gone back to by a further step, which leads to the model
    before. Raises NoEarlierModel when the priors are in place.
    """
    _lock()
    champion = FraudModel.objects.filter(state=ModelState.CHAMPION).first()
    earlier = FraudModel.objects.filter(state=ModelState.RETIRED).order_by("-promoted_at", "-pk")
    if champion is not None:
        earlier = earlier.filter(promoted_at__lt=champion.promoted_at)
    model = next((model for model in earlier if problem_of(model) is None), None)
    if model is None:
        if champion is None or champion.kind == ModelKind.PRIOR:
            raise NoEarlierModel
        model = _prior_row(now)
    _put_in_place(model, promoted_at=model.promoted_at or now, actor=actor, now=now)
    if champion is not None:
        FraudModel.objects.filter(pk=champion.pk).update(state=ModelState.CANDIDATE)
    return model


@transaction.atomic
def check_fraud_model(*, now: datetime) -> bool:
    """Say whether the champion can be used, and raise or clear the alert about it.

    A shop that never learned a model is in order: it scores by the priors.
    """
    champion = FraudModel.objects.filter(state=ModelState.CHAMPION).first()
    if champion is not None:
        problem = problem_of(champion)
    else:
        problem = "No model is in place." if FraudModel.objects.exists() else None
    if champion is not None and champion.problem != (problem or ""):
        champion.problem = problem or ""
        champion.save(update_fields=["problem"])
    if problem is None:
        clear_alerts([ALERT_KEY], now=now)
        return True
    raise_alerts(
        [
            AlertSpec(
                kind=AlertKind.OPS_MODEL,
                severity=Severity.HIGH,
                dedupe_key=ALERT_KEY,
                subject_kind="fraud_model",
                subject_id=champion.pk if champion else None,
                title="Sales are scored by the priors",
                message=f"{problem} Roll back to the model before, or wait for the next refit.",
                facts={"version": champion.version if champion else ""},
            )
        ],
        now=now,
    )
    return False


def problem_of(model: FraudModel) -> str | None:
    """Return why a model cannot be used; None when it can."""
    try:
        load_model(model)
    except BrokenArtefact as error:
        return str(error)[:300]
    return None


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)


def _put_in_place(
    model: FraudModel, *, promoted_at: datetime, actor: User | None, now: datetime
) -> None:
    FraudModel.objects.filter(state=ModelState.CHAMPION).exclude(pk=model.pk).update(
        state=ModelState.RETIRED
    )
    model.state, model.problem = ModelState.CHAMPION, ""
    model.promoted_at, model.promoted_by = promoted_at, actor
    model.save(update_fields=["state", "problem", "promoted_at", "promoted_by"])
    hold_by(model)
    clear_alerts([ALERT_KEY], now=now)


def _prior_row(now: datetime) -> FraudModel:
    """Return the row that stands for the priors."""
    row, _ = FraudModel.objects.get_or_create(
        version=PRIOR.version,
        defaults={
            "kind": ModelKind.PRIOR,
            "state": ModelState.CANDIDATE,
            "artefact": PRIOR.to_json(),
            "learned_from": now,
            "learned_until": now,
            "lines": 0,
            "frauds": 0,
            "created_at": now,
        },
    )
    return row


def _forget_old() -> None:
    others = FraudModel.objects.exclude(state=ModelState.CHAMPION).exclude(kind=ModelKind.PRIOR)
    kept = others.order_by("-created_at", "-pk").values_list("pk", flat=True)[:KEPT]
    others.exclude(pk__in=list(kept)).delete()
