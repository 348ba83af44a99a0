"""Where the running servers are, as the keeper wrote it down."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from techmart.embedded.files import write_atomically


@dataclass(frozen=True)
class ServerUrls:
    """Addresses in the form the settings read them."""

    database_url: str
    cache_url: str
    broker_url: str

    def environment(self) -> dict[str, str]:
        """Return the addresses as environment variables."""
        return {
            "DATABASE_URL": self.database_url,
            "CACHE_URL": self.cache_url,
            "BROKER_URL": self.broker_url,
        }


@dataclass(frozen=True)
class State:
    """The keeper that runs the servers, and their addresses."""

    keeper_pid: int
    urls: ServerUrls


def write_state(data: Path, state: State) -> None:
    """Write down that the servers answer."""
    write_atomically(_path(data), json.dumps(asdict(state), indent=1))


def read_state(data: Path) -> State:
    """Return what the keeper wrote; true while it holds `keeper.lock` and nobody the gate."""
    row = json.loads(_path(data).read_text(encoding="utf-8"))
    return State(keeper_pid=row["keeper_pid"], urls=ServerUrls(**row["urls"]))


def _path(data: Path) -> Path:
    return data / "servers.json"
