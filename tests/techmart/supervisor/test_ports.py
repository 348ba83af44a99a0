"""Ports that are taken."""

import socket
from collections.abc import Iterator

import pytest

from techmart.supervisor.ports import PortInUse, check_ports, is_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_free_ports_pass(free: int) -> None:
    check_ports(port=free, live_port=free)


def test_a_taken_port_is_said_with_the_way_out(taken: int, free: int) -> None:
    with pytest.raises(PortInUse, match=rf"Port {taken} is in use.* PORT=\d+ make demo") as refusal:
        check_ports(port=taken, live_port=free)

    suggested = int(str(refusal.value).partition(" PORT=")[2].split()[0])
    assert is_free(suggested)
    assert is_free(suggested + 1)


def test_a_taken_live_port_is_said_with_its_own_variable(taken: int, free: int) -> None:
    with pytest.raises(PortInUse, match=rf"Port {taken}, .* LIVE_PORT=\d+ make demo"):
        check_ports(port=free, live_port=taken)
