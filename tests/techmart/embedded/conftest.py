"""Data folders that sockets and PostgreSQL's account can reach, unlike tmp_path's."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from techmart.embedded.servers import use_servers


@pytest.fixture
def new_data() -> Iterator[Path]:
    """Return a path for a data folder that does not exist yet."""
    parent = _reachable_folder()
    yield parent / "data"
    shutil.rmtree(parent)


@pytest.fixture
def data(new_data: Path, _used_data: Path) -> Path:
    """Return a data folder that was used before: making a cluster takes a second each time."""
    subprocess.run(["cp", "-a", _used_data, new_data], check=True)
    return new_data


@pytest.fixture(scope="session")
def _used_data() -> Iterator[Path]:
    parent = _reachable_folder()
    with use_servers(parent / "data"):
        pass
    yield parent / "data"
    shutil.rmtree(parent)


def _reachable_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tm-", dir="/tmp"))
    folder.chmod(0o755)
    return folder
