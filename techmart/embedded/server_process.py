"""What the keeper needs to know of a server it runs."""

import signal
from collections.abc import Callable
from dataclasses import dataclass

from techmart.embedded.accounts import Account


@dataclass(frozen=True)
class ServerProcess:
    """One server: how it is started, stopped, and when it answers."""

    name: str
    argv: list[str]
    stop_signal: signal.Signals
    is_ready: Callable[[int], bool]
    """Takes the server's pid; true once it takes connections."""
    account: Account | None = None
