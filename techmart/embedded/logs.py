"""Log files of child processes: one for this start, one for the start before."""

from pathlib import Path
from typing import IO


def open_log(folder: Path, name: str) -> IO[bytes]:
    """Open `<name>.log` for a child to write into, the one before kept as `<name>.log.1`."""
    path = log_path(folder, name)
    if path.exists():
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab", buffering=0)


def log_path(folder: Path, name: str) -> Path:
    """Return where a child's log is."""
    return folder / f"{name}.log"


def last_lines(path: Path, count: int = 10) -> list[str]:
    """Return the last lines of a log, none when there is no such file."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 16_384))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-count:]
