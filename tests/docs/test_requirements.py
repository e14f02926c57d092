"""The requirements files are complete, pinned and hashed, and name no index."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pinned(name: str) -> dict[str, set[str]]:
    """Versions by package of a requirements file; several where platforms differ."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([a-z0-9-]+)==([\w.]+)", text, re.MULTILINE):
        found.setdefault(package, set()).add(version)
    return found


def names(dependencies: list[str]) -> set[str]:
    """Package names of dependency specifiers."""
    return {re.split(r"[^\w.-]", each, maxsplit=1)[0].lower() for each in dependencies}


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_line_is_a_pin_or_one_of_its_hashes(file: str) -> None:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()

    pin = re.compile(r"[a-z0-9-]+==[\w.]+( ; [^\\]+)? \\")
    digest = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [line for line in lines if not (pin.fullmatch(line) or digest.fullmatch(line))] == []


def test_the_files_hold_what_the_project_declares() -> None:
    runtime, everything = pinned("requirements.txt"), pinned("requirements-dev.txt")

    assert names(PROJECT["dependencies"]) <= runtime.keys()
    assert names(PROJECT["optional-dependencies"]["dev"]) <= everything.keys()
    assert {package: everything.get(package) for package in runtime} == runtime
