"""Whether the collected static files are those of the source."""

import hashlib
from pathlib import Path

from django.contrib.staticfiles.finders import get_finders

from techmart.embedded.files import write_atomically

_NOTE = ".collected-from"


def fingerprint() -> str:
    """Return a digest of every static file's path, size and time of change."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def is_collected(root: Path) -> bool:
    """Say whether the folder was collected from the files as they are now."""
    try:
        return (root / _NOTE).read_text(encoding="utf-8") == fingerprint()
    except FileNotFoundError:
        return False


def note_collected(root: Path) -> None:
    """Write down what the folder was collected from."""
    write_atomically(root / _NOTE, fingerprint())
