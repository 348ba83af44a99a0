"""A server that can be cut off: a socket of our own in front of the real one."""

import contextlib
import socket
import threading
from pathlib import Path

Address = str | tuple[str, int]


class Forwarder:
    """Passes bytes between a Unix socket and a server until `cut`, and again after `mend`.

    Clients of a cut server see what a crash shows them: open connections break, new ones are
    refused.
    """

    def __init__(self, path: Path, upstream: Address) -> None:
        self.path = path
        self.upstream = upstream
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None

    def mend(self) -> None:
        """Accept connections."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """Break what is open and refuse what comes. A second call does nothing."""
        with self._lock:
            listener, self._listener = self._listener, None
            broken, self._open = self._open, set()
        if listener is not None:
            # Only a shutdown wakes the thread that waits in accept.
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            self.path.unlink()
        for each in broken:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                try:
                    server = _connect(self.upstream)
                except OSError:
                    client.close()
                    continue
                with self._lock:
                    self._open |= {client, server}
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=_copy, args=pair, daemon=True).start()


def _connect(upstream: Address) -> socket.socket:
    if isinstance(upstream, tuple):
        return socket.create_connection(upstream)
    server = socket.socket(socket.AF_UNIX)
    server.connect(upstream)
    return server


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while block := source.recv(65_536):
            target.sendall(block)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
