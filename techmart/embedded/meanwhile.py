"""What a command loads while its servers start."""

import importlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

# What takes longest to load the first time and needs no settings.
DJANGO = (
    "django.db.models",
    "django.db.backends.postgresql.base",
    "django.db.migrations.executor",
    "django.template.loader",
    "django.forms",
    "django.views.generic",
)
_OTHERS = ("redis", "numpy", "polars")


@contextmanager
def libraries_loading() -> Iterator[None]:
    """Load libraries in a thread of their own; Django's stand when the body is left.

    Modules of Django import one another in circles. Threads that enter such a circle at different
    places would be given modules that are half loaded, so nobody else may load Django meanwhile.
    Whoever needs one of the others waits for it, as for any module that is being loaded.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="libraries")
    django = thread.submit(_load, DJANGO)
    thread.submit(_load, _OTHERS)
    thread.shutdown(wait=False)
    yield
    django.result()


def _load(names: tuple[str, ...]) -> None:
    for name in names:
        importlib.import_module(name)
