"""docker-compose.yml runs the processes of our one table; no engine is needed to see that."""

from typing import Any

import pytest
import yaml

from techmart.embedded.folders import REPOSITORY
from techmart.embedded.local import SERVER_VARIABLES
from techmart.embedded.valkey import CACHE_OPTIONS, QUEUE_OPTIONS
from techmart.supervisor.processes import application_processes

PROCESSES = application_processes(host="0.0.0.0", port=8000, live_port=8001)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    text = (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
    parsed: dict[str, Any] = yaml.safe_load(text)["services"]
    return parsed


def test_compose_runs_every_process_and_no_other(services: dict[str, Any]) -> None:
    servers = {"db", "cache", "queue", "migrate"}

    assert set(services) - servers == {process.name for process in PROCESSES}


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_commands_and_environment_are_those_of_the_table(
    services: dict[str, Any], process: Any
) -> None:
    service = services[process.name]

    assert service["command"] == list(process.command)
    assert dict(process.environment).items() <= service["environment"].items()
    assert {*SERVER_VARIABLES, "SECRET_KEY"} <= service["environment"].keys()
    assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_migrate_waits_for_all_servers(services: dict[str, Any]) -> None:
    assert services["migrate"]["depends_on"].keys() == {"db", "cache", "queue"}


def test_the_cache_evicts_and_the_queue_does_not(services: dict[str, Any]) -> None:
    cache, queue = (services[name]["command"] for name in ("cache", "queue"))

    def option(command: list[str], name: str) -> str:
        return command[command.index(f"--{name}") + 1]

    assert option(cache, "maxmemory-policy") == CACHE_OPTIONS["maxmemory-policy"]
    for name, value in QUEUE_OPTIONS.items():
        assert option(queue, name) == value


def test_files_that_one_process_writes_reach_those_that_send_and_remove_them(
    services: dict[str, Any],
) -> None:
    for name in ("web", "worker", "worker-heavy"):
        folder = services[name]["environment"]["EXPORT_FOLDER"]
        assert services[name]["volumes"] == [f"exports:{folder}"]
    dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    assert f"install --directory --owner techmart {folder}" in dockerfile
