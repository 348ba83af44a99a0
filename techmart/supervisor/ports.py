"""Whether the ports of web and live are free."""

import socket

_HOST = "127.0.0.1"


class PortInUse(Exception):
    """A port is taken; the message says which, and the way out."""


def check_ports(*, port: int, live_port: int) -> None:
    """Raise PortInUse when the port of web or live is taken."""
    if not is_free(port):
        free = _free_pair_above(port)
        raise PortInUse(
            f"Port {port} is in use by another program. Choose another: PORT={free} make demo"
        )
    if not is_free(live_port):
        free = _free_pair_above(live_port)
        raise PortInUse(
            f"Port {live_port}, for the live socket, is in use by another program. "
            f"Choose another: LIVE_PORT={free} make demo"
        )


def is_free(port: int) -> bool:
    """Say whether a server could listen on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port that only waits out old connections counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True


def _free_pair_above(port: int) -> int:
    """Return the next port that is free together with the one after it."""
    candidates = range(port + 1, 65535)
    return next((one for one in candidates if is_free(one) and is_free(one + 1)), port)
