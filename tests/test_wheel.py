"""The wheel holds everything that the code looks for, and works away from a checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("federation", "policies", "subgraphs")
# Made by running or building; never part of the sources.
MADE = shutil.ignore_patterns("__pycache__", "static", "node_modules", ".*", "*.rej", "*.orig")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=MADE)
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # setuptools of the environment: nothing is fetched.
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(folder), str(sources)], check=True)
    (made,) = folder.glob("datong-*.whl")
    return made


@pytest.mark.timeout(180)
def test_the_wheel_holds_every_file_of_the_packages(sources: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())

    wanted = {
        str(file.relative_to(sources))
        for name in PACKAGES
        for file in (sources / name).rglob("*")
        if file.is_file()
    }
    assert wanted - held == set()
    assert "federation/console/page/package-lock.json" in held


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("arguments", "shows"),
    [
        (("demo", "--help"), "--once"),
        (("policy", "lint"), "no findings"),
    ],
)
def test_installed_from_the_wheel_the_command_finds_its_files(
    wheel: Path, tmp_path: Path, arguments: tuple[str, ...], shows: str
) -> None:
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    code = (
        "import federation, sys; from federation.cli import main;"
        f" assert federation.__file__.startswith({str(installed)!r}); main()"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert shows in done.stdout + done.stderr
