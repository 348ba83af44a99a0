"""What is loaded while servers start is whole when the command goes on."""

import subprocess
import sys

from techmart.embedded.folders import REPOSITORY

SCRIPT = """
import sys
from techmart.embedded.meanwhile import DJANGO, libraries_loading

with libraries_loading():
    """


def run(body: str, *, then: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"{SCRIPT}{body}\n{then}"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_django_stands_though_the_servers_were_there_at_once() -> None:
    # An entrance to its circles other than the thread's.
    end = run(
        "pass", then="import django.db.models.fields.related\nprint({*DJANGO} - {*sys.modules})"
    )

    assert (end.returncode, end.stdout, end.stderr) == (0, "set()\n", "")


def test_a_command_whose_servers_do_not_start_ends_with_its_own_words() -> None:
    end = run('sys.exit("no servers")', then="")

    assert (end.returncode, end.stdout, end.stderr) == (1, "", "no servers\n")
