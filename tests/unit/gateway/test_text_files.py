"""Files that people write are read alike, and what keeps one from being read is told alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from federation.cli.operation_input import read_operation
from federation.gateway.config import load_config
from federation.gateway.engines import release
from federation.gateway.settings import Schema
from federation.gateway.sources import list_sources, read_sdl_file, read_supergraph_file
from federation.gateway.text_files import read_text

READERS: dict[str, Callable[[Path], Any]] = {
    "any": read_text,
    "operation": read_operation,
    "policy": lambda file: release.read_text(file, str(file)),
    "SDL": lambda file: read_sdl_file("tax", "", file),
    "subgraphs": lambda file: list_sources(Schema(subgraphs_file=str(file))),
    "supergraph": read_supergraph_file,
    "settings": lambda file: load_config(file, {}),
}


Told = Callable[[str, Path], str]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """What a reader says of a file, raised or, on the command line, printed."""

    def read(kind: str, file: Path) -> str:
        with pytest.raises(Exception) as fault:  # noqa: PT011  each reader has a family of its own
            READERS[kind](file)
        return f"{fault.value} {capsys.readouterr().err}"

    return read


@pytest.mark.parametrize("kind", READERS)
def test_text_that_is_not_utf_8_is_told_by_its_line(kind: str, told: Told, tmp_path: Path) -> None:
    file = tmp_path / "odd"
    file.write_bytes("# 姓名\n# ok\n# ".encode() + b"\xb9\n")

    assert f"{file}:3: not UTF-8" in told(kind, file)


@pytest.mark.parametrize("kind", READERS)
def test_a_missing_file_is_told_by_its_name(kind: str, told: Told, tmp_path: Path) -> None:
    file = tmp_path / "none"

    assert f"{file}: cannot be read: No such file or directory" in told(kind, file)
