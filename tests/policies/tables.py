"""The case tables of the policies as the tests use them, and a real OPA started on a release."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from federation.access.row_filter import RowCondition
from federation.gateway.engines import (
    POLICY_FOLDER,
    PolicyRelease,
    PolicySource,
    build_bundles,
    load_policies,
    make_release,
)
from federation.gateway.engines.authoring.case_files import read_case_file
from federation.gateway.engines.authoring.tables import (
    CASES_FOLDER,
    NOW,
    PolicyCase,
    read_tables,
)
from federation.gateway.engines.authoring.tables import catalogue_document as read_catalogue
from federation.gateway.engines.authoring.tables import verdict_text as as_text

__all__ = [
    "CASES",
    "NOW",
    "OPA",
    "PolicyCase",
    "as_text",
    "catalogue_document",
    "catalogue_table",
    "filters_as_json",
    "free_port",
    "opa_process",
    "opa_server",
    "policy_cases",
    "table_release",
]

CASES = POLICY_FOLDER / CASES_FOLDER
OPA = shutil.which("opa") or shutil.which("opa", path=str(Path.home() / "go" / "bin"))


def policy_cases() -> tuple[PolicyCase, ...]:
    """All rows of all tables."""
    return read_tables(POLICY_FOLDER, load_policies()).cases


def catalogue_table() -> dict[str, Any]:
    """What the tables say of fields."""
    document: dict[str, Any] = read_case_file(CASES / "catalogue.yaml").document
    return document


def catalogue_document() -> dict[str, Any]:
    """``data.catalogue`` as the tables need it."""
    return read_catalogue(catalogue_table())


def table_release(extra_modules: dict[str, str] | None = None) -> PolicyRelease:
    """The delivered policies and grants, with what the tables add."""
    release = read_tables(POLICY_FOLDER, load_policies()).release
    modules = {**release.modules, **(extra_modules or {})}
    return make_release(PolicySource(modules, release.data), release.catalogue)


def filters_as_json(filters: dict[str, RowCondition | None]) -> dict[str, Any]:
    """Row filters as the tables write them."""
    return {name: condition.to_json() if condition else None for name, condition in filters.items()}


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def opa_server(release: PolicyRelease, folder: Path) -> Iterator[str]:
    """Base URL of an OPA server that has loaded the bundles of a release."""
    with opa_process(release, folder) as (url, _):
        yield url


@contextmanager
def opa_process(
    release: PolicyRelease, folder: Path
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The same with its process, for tests that freeze or end it."""
    assert OPA is not None, "callers skip without OPA"
    files = []
    for name, bundle in build_bundles(release).items():
        files.append(folder / f"{name}.tar.gz")
        files[-1].write_bytes(bundle.archive)
    address = f"127.0.0.1:{free_port()}"
    command = [OPA, "run", "--server", "--addr", address, "--log-level", "error", "--bundle"]
    with subprocess.Popen([*command, *map(str, files)], stderr=subprocess.PIPE) as server:
        try:
            _wait_for(f"http://{address}/health?bundles", server)
            yield f"http://{address}", server
        finally:
            # One that a failed test left frozen would not hear of its end.
            server.send_signal(signal.SIGCONT)
            server.terminate()


def freeze(server: subprocess.Popen[bytes]) -> None:
    """Stop it as SIGSTOP does, and return when it is stopped: the signal alone takes a moment."""
    server.send_signal(signal.SIGSTOP)
    os.waitpid(server.pid, os.WUNTRACED)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if server.poll() is not None:
            raise RuntimeError(server.stderr.read().decode() if server.stderr else "OPA ended")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise RuntimeError("OPA does not become ready")
