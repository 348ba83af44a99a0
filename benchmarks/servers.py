"""Where a benchmark runs: on servers of its own that leave nothing, or on those that are named."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from techmart.embedded.local import local_environment, names_servers, use_data_folder


@contextmanager
def bench_servers(*, named_too: bool = True) -> Iterator[None]:
    """Set the environment of a benchmark: a data folder, settings and servers; not yet Django.

    named_too: run on servers that the environment names, where it does. What it fills stays
    there; servers of its own and their data are gone in the end.
    """
    data = Path(tempfile.mkdtemp(prefix="techmart-bench-", dir="/tmp"))
    # Whom the database server runs as comes through it.
    data.chmod(0o755)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="benchmarks.settings", ALLOWED_HOSTS="127.0.0.1,testserver"
    )
    try:
        use_data_folder(data)
        named = named_too and names_servers(os.environ)
        with nullcontext() if named else local_environment(data):
            yield
    finally:
        shutil.rmtree(data, ignore_errors=True)
