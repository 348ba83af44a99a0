"""The embedded servers themselves: started, shared, killed, adopted, cleared away."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from techmart.embedded.errors import EmbeddedServersError
from techmart.embedded.folders import REPOSITORY, socket_folder
from techmart.embedded.locks import FileLock
from techmart.embedded.servers import ServerUrls, ensure_servers, use_servers
from techmart.embedded.state import read_state
from tests.waiting import wait_until

USE_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from techmart.embedded.servers import use_servers
with use_servers(Path(sys.argv[1])):
    print("using", flush=True)
    time.sleep(60)
"""
USE_ONCE = """
import sys
from pathlib import Path
import psycopg
from techmart.embedded.servers import use_servers
with use_servers(Path(sys.argv[1])) as urls, psycopg.connect(urls.database_url) as connection:
    print(connection.execute("SELECT current_user").fetchone()[0])
"""


def query(urls: ServerUrls, sql: str) -> object:
    with psycopg.connect(urls.database_url) as connection:
        row = connection.execute(sql).fetchone()
    return row[0] if row else None


def queue(urls: ServerUrls) -> "redis.Redis":
    return redis.Redis.from_url(urls.broker_url.replace("redis+socket", "unix"))


def servers_run(data: Path) -> bool:
    keeper = FileLock(data / "keeper.lock")
    try:
        return not keeper.try_exclusive()
    finally:
        keeper.release()


def pids(data: Path) -> dict[str, int]:
    rows = json.loads((data / "servers.children.json").read_text())
    return {row["name"]: row["pid"] for row in rows}


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def start_user(data: Path) -> "subprocess.Popen[bytes]":
    user = subprocess.Popen(
        [sys.executable, "-c", USE_UNTIL_KILLED, str(data)], stdout=subprocess.PIPE
    )
    assert user.stdout
    assert user.stdout.readline() == b"using\n"
    return user


def end(user: "subprocess.Popen[bytes]") -> None:
    user.kill()
    with user:
        pass


def test_data_is_kept_from_one_use_to_the_next(new_data: Path) -> None:
    with use_servers(new_data) as urls:
        with psycopg.connect(urls.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        with queue(urls) as client:
            client.rpush("jobs", "one")
        started = pids(new_data)

    assert not servers_run(new_data)
    assert not any(is_alive(pid) for pid in started.values())
    with use_servers(new_data) as urls:
        assert query(urls, "SELECT answer FROM kept") == 42
        with queue(urls) as client:
            assert client.llen("jobs") == 1


def test_servers_are_set_up_as_their_roles_ask(data: Path) -> None:
    with use_servers(data) as urls:
        with (
            redis.Redis.from_url(urls.cache_url) as cache,
            queue(urls) as broker,
        ):
            evicting = cache.config_get("maxmemory*")
            keeping = {**broker.config_get("maxmemory-policy"), **broker.config_get("append*")}
            ports = {**cache.config_get("port"), "queue": broker.config_get("port")["port"]}
        assert evicting["maxmemory-policy"] == "allkeys-lru"
        assert evicting["maxmemory"] == str(64 * 1024**2)
        assert keeping["maxmemory-policy"] == "noeviction"
        assert keeping["appendonly"] == "yes"
        assert ports == {"port": "0", "queue": "0"}
        assert query(urls, "SHOW listen_addresses") == ""
        assert query(urls, "SHOW jit") == "off"
        assert query(urls, "SHOW fsync") == "on"
        assert query(urls, "SHOW shared_preload_libraries") == "pg_stat_statements"
        # Sorted by code point on every system.
        assert query(urls, "SELECT 'B' < 'a'") is True


def test_users_share_and_the_last_one_stops(data: Path) -> None:
    other = start_user(data)
    with use_servers(data) as urls:
        shared = pids(data)
        end(other)
        assert query(urls, "SELECT 1") == 1
        assert pids(data) == shared

    assert not servers_run(data)


def test_many_that_come_at_once_start_one_set(new_data: Path) -> None:
    arrived = threading.Barrier(4)
    seen: list[dict[str, int]] = []

    def use() -> None:
        with use_servers(new_data):
            seen.append(pids(new_data))
            arrived.wait(30)

    users = [threading.Thread(target=use) for _ in range(4)]
    for user in users:
        user.start()
    for user in users:
        user.join()

    assert len(seen) == 4
    assert all(one == seen[0] for one in seen)
    assert not servers_run(new_data)


def test_servers_end_when_their_only_user_is_killed(data: Path) -> None:
    user = start_user(data)
    running = pids(data)

    end(user)

    wait_until(lambda: not servers_run(data))
    assert not any(is_alive(pid) for pid in running.values())


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start clears them away")
def test_servers_end_when_their_keeper_is_killed_and_can_be_started_again(data: Path) -> None:
    with use_servers(data) as urls:
        running = pids(data)
        os.kill(read_state(data).keeper_pid, signal.SIGKILL)
        wait_until(lambda: not any(is_alive(pid) for pid in running.values()))

        assert ensure_servers(data)
        assert query(urls, "SELECT 1") == 1
        assert not ensure_servers(data)

    assert not servers_run(data)


@pytest.mark.parametrize("name", ["postgres", "cache", "queue"])
def test_a_killed_server_is_started_again(data: Path, name: str) -> None:
    with use_servers(data) as urls:
        killed = pids(data)[name]
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: pids(data).get(name, killed) != killed)

        wait_until(lambda: answers(urls))
        assert f"{name} ended with -9" in (data / "log" / "keeper.log").read_text()


def answers(urls: ServerUrls) -> bool:
    try:
        with queue(urls) as broker, redis.Redis.from_url(urls.cache_url) as cache:
            return bool(broker.ping() and cache.ping() and query(urls, "SELECT 1") == 1)
    except (redis.ConnectionError, psycopg.OperationalError):
        return False


def test_servers_left_by_a_killed_keeper_are_cleared_away(data: Path) -> None:
    # As on a system that does not signal children: a server outlives its keeper.
    orphan = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
    )
    row = {
        "name": "postgres",
        "pid": orphan.pid,
        "started_at": psutil.Process(orphan.pid).create_time(),
        "stop_signal": signal.SIGINT,
    }
    (data / "servers.children.json").write_text(json.dumps([row]))

    with use_servers(data) as urls:
        assert query(urls, "SELECT 1") == 1

    assert orphan.wait(5) is not None
    assert "left running by an earlier keeper" in (data / "log" / "keeper.log").read_text()


def test_a_stale_pid_file_with_a_living_number_does_not_keep_postgresql_from_starting(
    data: Path,
) -> None:
    # After a restart of the machine the number may be anybody's: here it is ours.
    stale = f"{os.getpid()}\n{data / 'pg'}\n1\n5432\n{socket_folder(data)}\n\n\nready\n"
    (data / "pg" / "postmaster.pid").write_text(stale)

    with use_servers(data) as urls:
        assert query(urls, "SELECT 1") == 1


def test_a_cluster_of_another_version_is_refused_with_the_way_out(data: Path) -> None:
    (data / "pg" / "PG_VERSION").write_text("12\n")

    with pytest.raises(EmbeddedServersError, match="made by PostgreSQL 12"):
        use_servers(data).__enter__()

    assert not servers_run(data)


def test_a_long_path_with_spaces_works(new_data: Path) -> None:
    far = new_data.parent / ("a shop with a name " * 5) / "data"

    with use_servers(far) as urls:
        assert query(urls, "SELECT 1") == 1
        with redis.Redis.from_url(urls.cache_url) as cache:
            assert cache.ping()

    assert not socket_folder(far).exists()


def test_two_copies_run_side_by_side(data: Path) -> None:
    with use_servers(data) as one, use_servers(data.with_name("other")) as two:
        with psycopg.connect(one.database_url) as connection:
            connection.execute("CREATE TABLE only_here (id int)")

        assert query(one, "SELECT to_regclass('only_here') IS NOT NULL") is True
        assert query(two, "SELECT to_regclass('only_here') IS NOT NULL") is False


def test_a_throwaway_folder_is_removed_and_never_synced(new_data: Path) -> None:
    with use_servers(new_data, throwaway=True) as urls:
        assert query(urls, "SHOW fsync") == "off"

    assert not new_data.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as a plain user already")
def test_a_plain_user_can_use_them(new_data: Path) -> None:
    nobody = 65_534
    interpreter = interpreter_for_all()
    os.chown(new_data.parent, nobody, nobody)

    done = subprocess.run(
        [interpreter, "-c", USE_ONCE, str(new_data)],
        user=nobody,
        group=nobody,
        extra_groups=[],
        env={"PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path]), "PATH": "/usr/bin:/bin"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("techmart\n", "")
    assert (new_data / "pg").stat().st_uid == nobody
    assert new_data.stat().st_mode & 0o777 == 0o700


def interpreter_for_all() -> str:
    """Return an interpreter of our version that any user may run; skip when there is none."""
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        with contextlib.suppress(OSError):
            subprocess.run([candidate, "-c", ""], user=65_534, group=65_534, check=True, cwd="/")
            return candidate
    pytest.skip("a plain user can run no Python of this version here")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_root_is_told_when_postgresql_cannot_reach_the_data(new_data: Path) -> None:
    new_data.parent.chmod(0o700)

    with pytest.raises(EmbeddedServersError, match="outside home folders"):
        use_servers(new_data / "deeper").__enter__()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_root_opens_the_data_folder_to_postgresql_alone(data: Path) -> None:
    with use_servers(data):
        facts = data.stat()
        cluster = (data / "pg").stat()

    assert facts.st_mode & 0o777 == 0o710
    assert facts.st_gid == cluster.st_gid != 0
    assert cluster.st_mode & 0o777 == 0o700
