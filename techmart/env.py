"""Typed reading of environment variables.

A value that cannot be understood stops the start-up with the variable's name, what was read and
what would be accepted.
"""

import os
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


def text(name: str, default: str | None = None) -> str:
    """Return the variable, or the default. Raises ImproperlyConfigured when neither is there."""
    value = os.environ.get(name)
    if value is not None and value.strip():
        return value.strip()
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment.")
    return default


def flag(name: str, default: bool = False) -> bool:
    """Return a yes/no variable: 1, true, yes, on or 0, false, no, off."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in _TRUE:
        return True
    if value.strip().lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; use 1 or 0 (true, yes, on / false, no, off).")


def whole(name: str, default: int, *, minimum: int | None = None) -> int:
    """Return a whole number, at least `minimum` when one is given."""
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {raw!r}; use a whole number.") from error
    if minimum is not None and value < minimum:
        raise ImproperlyConfigured(f"{name} is {value}; use {minimum} or more.")
    return value


def number(name: str, default: str) -> Decimal:
    """Return a decimal number."""
    raw = text(name, default)
    try:
        return Decimal(raw)
    except InvalidOperation as error:
        raise ImproperlyConfigured(f"{name} is {raw!r}; use a number such as 0.25.") from error


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """Return a comma-separated list, blanks dropped."""
    value = os.environ.get(name)
    if value is None:
        return list(default)
    return [word.strip() for word in value.split(",") if word.strip()]
