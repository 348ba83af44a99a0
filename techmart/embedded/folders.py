"""The data folder of one copy of TechMart, and the short folder of its sockets."""

import hashlib
import os
import re
import stat
from pathlib import Path

from techmart.embedded.accounts import Account, can_pass
from techmart.embedded.errors import EmbeddedServersError

REPOSITORY = Path(__file__).resolve().parents[2]
# Present in every folder we made: another folder is never taken over and locked away.
MARKER = ".techmart"
# The kernel takes 107 bytes (103 on macOS); PostgreSQL adds a lock beside its socket.
LONGEST_SOCKET_PATH = 100
_LONGEST_SOCKET_NAME = "pg/.s.PGSQL.5432.lock"
# Sockets are named in addresses; such a path needs no quoting by anybody.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")


def data_folder() -> Path:
    """Return the folder that holds everything one copy keeps.

    TECHMART_DATA when set. Otherwise var/data in the project, or for root, when the project lies
    in a folder closed to others (a home folder), one below /var/lib: PostgreSQL runs as another
    account then and must be able to reach its files.
    """
    if given := os.environ.get("TECHMART_DATA", "").strip():
        return Path(given).expanduser().resolve()
    if os.geteuid() == 0 and not _open_to_others(REPOSITORY):
        return Path("/var/lib/techmart") / _short_name(REPOSITORY)
    return REPOSITORY / "var" / "data"


def prepare_data_folder(data: Path) -> None:
    """Make the folder if it is missing, and close it to other people.

    Raises EmbeddedServersError when it cannot be used or holds something of somebody else.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Read first: whoever comes at the same time writes the marker before anything else.
        holds_something = any(data.iterdir())
        if not (data / MARKER).exists():
            if holds_something:
                raise EmbeddedServersError(
                    f"{data} is not empty and is not a data folder of TechMart. "
                    "Set TECHMART_DATA to an empty or new folder."
                )
            data.chmod(0o700)
            (data / MARKER).write_text("Data of one copy of TechMart.\n", encoding="utf-8")
        (data / "log").mkdir(exist_ok=True)
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise EmbeddedServersError(
            f"{data} cannot be used as data folder: {error.strerror}. "
            "Set TECHMART_DATA to a folder of your own."
        ) from error


def admit(account: Account, folder: Path) -> None:
    """Let the account pass through a folder of ours, without reading what is in it.

    Raises EmbeddedServersError when a folder above is closed to it.
    """
    os.chown(folder, -1, account.gid)
    folder.chmod(0o710)
    for above in folder.resolve().parents:
        if not can_pass(account, above):
            raise EmbeddedServersError(
                f"PostgreSQL refuses to run as root, and its account {account.name} cannot "
                f"reach {folder} through {above}. Set TECHMART_DATA to a folder outside home "
                "folders, such as /var/lib/techmart/demo."
            )


def socket_folder(data: Path) -> Path:
    """Return the folder for sockets: inside the data folder when the path is short enough."""
    inside = data / "run"
    short = len(os.fsencode(inside / _LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET_PATH
    if short and _PLAIN_PATH.fullmatch(str(inside)):
        return inside
    return Path("/tmp") / f"techmart-{os.geteuid()}-{_short_name(data)}"


def prepare_socket_folder(folder: Path) -> None:
    """Make the folder, for us alone. Raises EmbeddedServersError when somebody else made it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
        raise EmbeddedServersError(
            f"{folder} should hold our sockets, but belongs to somebody else. "
            "Set TECHMART_DATA to a folder with a shorter path."
        )
    folder.chmod(0o700)


def _open_to_others(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def _short_name(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]
