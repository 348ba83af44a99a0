"""Acts on a connection of their own, beside the test's."""

import threading
from collections.abc import Callable

from django.db import connections


def in_thread(act: Callable[[], object]) -> threading.Thread:
    """Start an act in a thread, and close its connection afterwards."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread
