#!/usr/bin/env python
"""Django's commands. Where no servers are named, the embedded ones are used while one runs."""

import os
import secrets
import sys
import warnings
from contextlib import ExitStack

from techmart.embedded.errors import EmbeddedServersError
from techmart.embedded.folders import data_folder
from techmart.embedded.local import local_environment, names_servers, use_data_folder
from techmart.embedded.meanwhile import libraries_loading

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


def main(arguments: list[str]) -> None:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "techmart.settings")
    with ExitStack() as servers:
        try:
            prepare(arguments, servers)
        except EmbeddedServersError as error:
            sys.exit(f"{error}")
        except KeyboardInterrupt:
            sys.exit(130)
        if arguments[:1] == ["demo"]:
            # It begins before Django has loaded the applications.
            from techmart.management.commands.demo import Command

            Command().run_from_argv(["manage.py", *arguments])
            return
        from django.core.management import execute_from_command_line

        execute_from_command_line(["manage.py", *arguments])


def prepare(arguments: list[str], servers: ExitStack) -> None:
    """Complete the environment, with servers that last as long as the command does.

    An environment that names servers is a deployment's and stays as it is; only the demo keeps
    its secrets and static files in the data folder either way.
    """
    named = names_servers(os.environ)
    command = arguments[0] if arguments else "help"
    asks_for_help = bool({"-h", "--help", "--version"}.intersection(arguments))
    if command == "demo" and not asks_for_help:
        use_data_folder(data_folder())
    if named:
        return
    reads_database = command == "check" and "--database" in arguments
    if asks_for_help or (command in OFFLINE_COMMANDS and not reads_database):
        # Such a command signs nothing that anybody keeps.
        os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
        # There is no database whose history makemigrations could compare with.
        warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")
        return
    with libraries_loading():
        servers.enter_context(local_environment(data_folder()))


if __name__ == "__main__":
    main(sys.argv[1:])
