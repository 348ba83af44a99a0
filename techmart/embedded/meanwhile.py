"""What a command loads while its servers start."""

import importlib
import threading

# What takes longest to load the first time and needs no settings.
_LIBRARIES = (
    "django.db.models",
    "django.db.backends.postgresql.base",
    "django.db.migrations.executor",
    "django.template.loader",
    "django.forms",
    "django.views.generic",
    "redis",
    "numpy",
    "polars",
)


def load_libraries() -> None:
    """Begin to load libraries in a thread of their own.

    Whoever needs one of them meanwhile waits for it, as for any module that is being loaded.
    """
    threading.Thread(target=_load, name="libraries", daemon=True).start()


def _load() -> None:
    for name in _LIBRARIES:
        importlib.import_module(name)
