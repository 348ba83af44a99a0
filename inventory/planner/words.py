"""What a prediction says about itself, in a sentence."""

from inventory.forecasting.engine import MODEL_BLEND, MODEL_NEW

METHOD_LABELS = {
    MODEL_BLEND: "Blend of all methods",
    MODEL_NEW: "Like its category",
    "all": "Mean of all days",
    "level4": "Smoothing over about 6 days",
    "level7": "Smoothing over about 10 days",
    "level14": "Smoothing over about 3 weeks",
    "level28": "Smoothing over about 6 weeks",
    "level56": "Smoothing over about 12 weeks",
    "level112": "Smoothing over about 23 weeks",
    "trend28": "Damped trend of 4 weeks",
    "trend56": "Damped trend of 8 weeks",
    "trend112": "Damped trend of 16 weeks",
}


def method_label(model: str) -> str:
    """Return the name of a method for people; the code of one no longer known."""
    return METHOD_LABELS.get(model, model)


def method_reason(model: str, *, share: float, origins: int) -> str:
    """Say why this method leads.

    share: its posterior, 0 to 1. origins: past weeks that the methods were compared on.
    """
    if model == MODEL_NEW:
        return "Less than 56 days of history, so drawn towards its category."
    if not origins:
        return "Too little history to compare methods, so the shop's blend."
    weeks = f"the last {origins} weeks" if origins > 1 else "the only week"
    if model == MODEL_BLEND:
        return f"No single method explains {weeks} clearly better than the shop's blend."
    return f"Explains {weeks} best, {share:.0%} likely; the others keep the rest of the weight."
