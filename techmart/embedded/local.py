"""The environment of a copy that names no servers: its embedded ones, and its own secrets."""

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from techmart.embedded.errors import EmbeddedServersError
from techmart.embedded.files import write_atomically
from techmart.embedded.folders import prepare_data_folder

SERVER_VARIABLES = ("DATABASE_URL", "CACHE_URL", "BROKER_URL")


def names_servers(environment: Mapping[str, str]) -> bool:
    """Say whether the environment names all servers (true) or none (false).

    Raises EmbeddedServersError when it names some of them: mixing would surprise.
    """
    missing = [name for name in SERVER_VARIABLES if not environment.get(name, "").strip()]
    if missing and len(missing) < len(SERVER_VARIABLES):
        raise EmbeddedServersError(
            f"{' and '.join(missing)} must be set too, since other servers are named. "
            "Name all three, or none to use the embedded servers."
        )
    return not missing


@contextmanager
def local_environment(data: Path) -> Iterator[None]:
    """Run the embedded servers of a data folder, and set the environment that uses them.

    Variables that are set already stay. Raises EmbeddedServersError.
    """
    # Only here: a deployment that names its servers has no wheels with binaries.
    from techmart.embedded.servers import use_servers

    with use_servers(data) as urls:
        os.environ.update(urls.environment())
        _use_secrets(data)
        yield


def use_data_folder(data: Path) -> None:
    """Take secrets and static files from the data folder, unless the environment names others.

    Raises EmbeddedServersError when the folder cannot be used.
    """
    prepare_data_folder(data)
    os.environ.setdefault("STATIC_ROOT", str(data / "static"))
    _use_secrets(data)


def _use_secrets(data: Path) -> None:
    for name, value in local_secrets(data).items():
        os.environ.setdefault(name, value)


def local_secrets(data: Path) -> dict[str, str]:
    """Return the secrets of a data folder as environment variables, made at the first call.

    Kept in a file that only its owner reads; removing it signs everybody out.
    """
    path = data / "secrets.json"
    try:
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        kept = {"SECRET_KEY": secrets.token_urlsafe(48)}
        write_atomically(path, json.dumps(kept, indent=1))
    return kept
