"""`manage.py demo`: from an empty folder to a running shop."""

import io
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.core.management import call_command
from django.db import connections

from techmart.embedded.children import Children
from techmart.embedded.folders import REPOSITORY
from techmart.embedded.locks import FileLock
from techmart.embedded.logs import last_lines, log_path, open_log
from techmart.embedded.state import read_state
from techmart.lib.locks import early_lock
from techmart.supervisor.earlier_schema import is_of_earlier_version
from techmart.supervisor.ports import PortInUse, check_ports
from techmart.supervisor.processes import application_processes, demo_processes
from techmart.supervisor.server_watch import ServerWatch
from techmart.supervisor.static import is_collected, note_collected
from techmart.supervisor.supervisor import STOP_SIGNALS, Supervisor

if TYPE_CHECKING:
    from techmart.supervisor.login import Login

HOST = "127.0.0.1"
# Held until the database is up to date.
PREPARING = "demo-preparing"


class DemoRefused(Exception):
    """The demo cannot start; the message says why and what to do."""


def run_demo(
    *,
    data: Path,
    static_root: Path,
    port: int,
    live_port: int,
    load: bool,
    say: Callable[[str], object],
) -> None:
    """Run the demo until it is told to stop.

    data: its data folder; one demo at a time.
    load: false leaves the shop empty.
    Raises DemoRefused before anything is started.
    """
    lock = FileLock(data / "supervisor.lock")
    if not lock.try_exclusive():
        raise DemoRefused(
            f"A demo is already running on {data}. Stop it there with Ctrl-C, or start a second "
            f"one beside it: TECHMART_DATA=/some/other/folder PORT={port + 10} make demo"
        )
    children = Children(data / "processes.json")
    for name in children.sweep():
        say(f"{name} was left running by an earlier demo and was stopped.")
    try:
        check_ports(port=port, live_port=live_port)
    except PortInUse as error:
        raise DemoRefused(str(error)) from error
    supervisor = Supervisor(
        processes=application_processes(host=HOST, port=port, live_port=live_port),
        sequence=demo_processes() if load else (),
        children=children,
        log_folder=data / "log",
        # Receivers of somebody who tries webhooks run beside the demo.
        environment={"WEBHOOK_PRIVATE_HOSTS": "1", **os.environ},
        say=say,
    )
    try:
        login = _prepare(data, static_root, supervisor, children, say)
        supervisor.run(
            is_ready=lambda: answers(port),
            when_ready=lambda: _announce(login, port, data, say),
            each_round=_server_watch(data, say),
        )
    except KeyboardInterrupt:
        say("Stopping.")
    finally:
        children.stop_all()
        lock.release()
    say("Stopped. The data is kept; `make demo` goes on from here.")


def answers(port: int) -> bool:
    """Say whether the web process answers."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=1) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def _prepare(
    data: Path,
    static_root: Path,
    supervisor: Supervisor,
    children: Children,
    say: Callable[[str], object],
) -> "Login":
    """Bring the database up to date and collect static files, both at once.

    The loader reads its data set meanwhile, from before the applications are loaded here, and
    waits for us where it needs the database. Raises KeyboardInterrupt on any signal to stop, and
    DemoRefused.
    """
    for number in STOP_SIGNALS:
        signal.signal(number, signal.default_int_handler)
    with early_lock(PREPARING):
        supervisor.begin_sequence()
        django.setup()
        if is_of_earlier_version():
            raise DemoRefused(
                f"The data in {data} is of a version before the first release, whose tables cannot "
                "be brought up to date. Remove that folder, or set TECHMART_DATA to a new one."
            )
        collecting = None if is_collected(static_root) else _start_collecting(data, children)
        say("Bringing the database up to date.")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("sync_schedule", stdout=io.StringIO())
        # Its model can be imported now.
        from techmart.supervisor.login import ensure_login

        login = ensure_login(data)
    # The supervisor runs for days and asks the database nothing more.
    connections.close_all()
    if collecting:
        if collecting.wait() != 0:
            lines = "\n  ".join(last_lines(log_path(data / "log", "collectstatic")))
            raise DemoRefused(f"Collecting the static files failed:\n  {lines}")
        children.forget("collectstatic")
        note_collected(static_root)
    return login


def _start_collecting(data: Path, children: Children) -> "subprocess.Popen[bytes]":
    with open_log(data / "log", "collectstatic") as log:
        return children.start(
            "collectstatic",
            [sys.executable, "manage.py", "collectstatic", "--noinput", "--clear"],
            output=log,
            cwd=REPOSITORY,
        )


def _server_watch(data: Path, say: Callable[[str], object]) -> Callable[[], None]:
    """Return what watches the servers: nothing when they are named by the environment."""
    try:
        ours = read_state(data).urls.database_url == os.environ["DATABASE_URL"]
    except FileNotFoundError:
        ours = False
    return ServerWatch(data, say).look if ours else lambda: None


def _announce(login: "Login", port: int, data: Path, say: Callable[[str], object]) -> None:
    say("")
    say(f"  TechMart   http://{HOST}:{port}/")
    say(f"  Sign in    {login.email}")
    say(f"  Password   {login.password or 'the one you chose'}")
    say(f"  Logs       {data / 'log'}")
    say("  Ctrl-C stops everything; the data is kept.")
    say("")
