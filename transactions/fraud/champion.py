"""The model that scores: the champion of the table, or the priors."""

import logging

from transactions.choices import ModelKind, ModelState
from transactions.fraud.columns import PRIOR, SIGNALS
from transactions.fraud.learning.additive import AdditiveModel, BrokenArtefact, Model
from transactions.fraud.learning.boosted import BoostedModel
from transactions.models import FraudModel

logger = logging.getLogger(__name__)


# Key of the row that this process last scored with, and its model: one tuple, replaced whole, so
# that threads see the one before or the new one.
_held: tuple[int | None, Model] = (None, PRIOR)


def current_model() -> Model:
    """Return the champion, or the priors when there is none or it cannot be used."""
    champion = FraudModel.objects.filter(state=ModelState.CHAMPION)
    return model_of(champion.values_list("pk", flat=True).first())


def model_of(key: int | None) -> Model:
    """Return the model of a row, read once by each process; the priors when it cannot be used.

    key: None for the priors.
    """
    global _held
    if key is None:
        return PRIOR
    known, model = _held
    if known != key:
        row = FraudModel.objects.filter(pk=key).first()
        model = _usable(row) if row else PRIOR
        _held = (key, model)
    return model


def _usable(row: FraudModel) -> Model:
    try:
        return load_model(row)
    except BrokenArtefact:
        # The check of models raises an alert about it; sales go on with the priors.
        logger.exception("fraud model %s cannot be used", row.version)
        return PRIOR


def load_model(row: FraudModel) -> Model:
    """Return the model of a row. Raises BrokenArtefact."""
    if row.kind == ModelKind.PRIOR:
        return PRIOR
    additive = AdditiveModel.from_json(row.artefact, SIGNALS)
    if row.kind == ModelKind.ADDITIVE:
        return additive
    grown_on = AdditiveModel.codes_of(row.artefact)
    boosted = BoostedModel(row.version, bytes(row.trees or b""), additive, grown_on)
    boosted.check()
    return boosted
