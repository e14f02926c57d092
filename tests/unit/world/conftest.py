"""The small and the full world, and a PostgreSQL server of our own when its programs are here."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from subgraphs.world.departments import DEPARTMENTS, rows_of
from subgraphs.world.generation import World
from subgraphs.world.values import Rows


@pytest.fixture(scope="session")
def small() -> World:
    return World.generate("small")


@pytest.fixture(scope="session")
def full() -> World:
    return World.generate("full")


@pytest.fixture(scope="session")
def full_rows(full: World) -> dict[str, Rows]:
    return {department: rows_of(department, full) for department in DEPARTMENTS}


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATONG_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of the maintenance database of a server that lives as long as the session."""
    programs = _find_programs()
    # The server refuses to run as root; on such machines packages bring a user for it.
    user = "postgres" if os.geteuid() == 0 else None
    if user is not None and not _has_user(user):
        pytest.skip("PostgreSQL does not run as root and there is no user postgres")
    folder = Path(tempfile.mkdtemp(prefix="datong-pg-"))
    data = folder / "data"
    if user is not None:
        shutil.chown(folder, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, *arguments],
            check=True,
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )

    settings = f"-c fsync=off -c listen_addresses=127.0.0.1 -p {port} -k {folder}"
    try:
        run("initdb", "-D", str(data), "-U", "datong", "-A", "trust", "-E", "UTF8", "--no-sync")
        run("pg_ctl", "-D", str(data), "-l", str(folder / "log"), "-o", settings, "-w", "start")
        try:
            yield f"postgresql://datong:unused@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def _find_programs() -> Path:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("pg_ctl"):
        folders.insert(0, Path(found).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    pytest.skip("initdb and pg_ctl of PostgreSQL are not installed")


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
