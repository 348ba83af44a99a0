#!/usr/bin/env python
"""Django's commands. Where no servers are named, the embedded ones are used while one runs."""

import os
import secrets
import sys
import warnings
from contextlib import ExitStack

from techmart.embedded.errors import EmbeddedServersError
from techmart.embedded.folders import data_folder
from techmart.embedded.local import local_environment, names_servers

# These neither read nor write the database, cache or queue.
OFFLINE_COMMANDS = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "makemigrations",
    "optimizemigration",
    "spectacular",
    "squashmigrations",
    "startapp",
    "startproject",
    "version",
}
# This one starts servers itself, after it has looked whether it may.
OWN_SERVERS_COMMANDS = {"demo"}


def main(arguments: list[str]) -> None:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "techmart.settings")
    with ExitStack() as servers:
        try:
            if not names_servers(os.environ):
                prepare(arguments, servers)
        except EmbeddedServersError as error:
            sys.exit(f"{error}")
        from django.core.management import execute_from_command_line

        execute_from_command_line(["manage.py", *arguments])


def prepare(arguments: list[str], servers: ExitStack) -> None:
    """Give the command servers that last as long as it does, if it needs any."""
    command = arguments[0] if arguments else "help"
    asks_for_help = bool({"-h", "--help", "--version"}.intersection(arguments))
    if command in OWN_SERVERS_COMMANDS and not asks_for_help:
        return
    reads_database = command == "check" and "--database" in arguments
    if asks_for_help or (command in OFFLINE_COMMANDS and not reads_database):
        # Such a command signs nothing that anybody keeps.
        os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
        # There is no database whose history makemigrations could compare with.
        warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")
        return
    servers.enter_context(local_environment(data_folder()))


if __name__ == "__main__":
    main(sys.argv[1:])
