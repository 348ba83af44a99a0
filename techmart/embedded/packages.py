"""The installed wheels that bring the servers' programs."""

import importlib.util
from pathlib import Path

from techmart.embedded.errors import EmbeddedServersError


def package_folder(name: str) -> Path:
    """Return where a package is installed, without running its code.

    Raises EmbeddedServersError when it is not there.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServersError(
            f"The package {name} is not installed. Run `make setup`, "
            "or set DATABASE_URL, CACHE_URL and BROKER_URL."
        )
    return Path(spec.submodule_search_locations[0])
