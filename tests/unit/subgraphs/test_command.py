"""The command ``python -m subgraphs``, as a person starts it."""

import contextlib
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.departments import Gateway

COMMAND = [sys.executable, "-m", "subgraphs"]


@pytest.fixture
def environment(small_world: Callable[[str], str]) -> Mapping[str, str]:
    """The process environment with the small world's folder and without keys."""
    small_world("tax")
    return {name: value for name, value in os.environ.items() if name != "DATONG_CONTEXT_JWKS"}


@contextlib.contextmanager
def _running(environment: Mapping[str, str], *options: str) -> Iterator[tuple[str, list[str]]]:
    """Address of a started department, and what it said before."""
    process = subprocess.Popen(
        [*COMMAND, "tax", "--port", "0", "--size", "small", *options],
        stderr=subprocess.PIPE,
        text=True,
        env=dict(environment),
    )
    assert process.stderr is not None
    said: list[str] = []
    try:
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"http://[\d.]+:\d+", line):
                yield found.group(), said
                break
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


def test_sdl_is_printed_without_a_database(tmp_path: Path) -> None:
    environment = os.environ | {"DATONG_HOME": str(tmp_path)}
    command = [*COMMAND, "education", "--print-sdl"]

    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert "type SchoolDistrict" in printed.stdout
    assert list(tmp_path.iterdir()) == []


def test_start_without_keys_is_refused(environment: Mapping[str, str]) -> None:
    command = [*COMMAND, "tax", "--port", "0"]

    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert "DATONG_CONTEXT_JWKS" in ended.stderr


def test_open_department_warns_and_says_where_it_listens(environment: Mapping[str, str]) -> None:
    with (
        _running(environment, "--open") as (address, said),
        urllib.request.urlopen(f"{address}/health", timeout=5) as answer,
    ):
        health = json.load(answer)

    assert health["subgraph"] == "tax"
    assert "OPEN" in said[0]


def test_department_with_keys_refuses_strangers(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    keys = Gateway().publish(tmp_path / "keys.json")
    request_body = json.dumps({"query": "{ __typename }"}).encode()

    with _running({**environment, "DATONG_CONTEXT_JWKS": str(keys)}) as (address, said):
        request = urllib.request.Request(
            f"{address}/graphql", request_body, {"content-type": "application/json"}
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=5)

    assert refused.value.code == 401
    refused.value.close()
    assert not any("OPEN" in line for line in said)
