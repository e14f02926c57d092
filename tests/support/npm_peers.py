"""Packages from npm for a test with Node, installed once into the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from federation.console.build import PageNotBuilt, find_node


def npm_peers(name: str, packages: tuple[str, ...], script: Path) -> tuple[list[str], Path]:
    """How to run Node, and a folder with the packages and a copy of the script; skips without.

    Args:
        name: Begins the folder's name.
        packages: Each with its version behind an ``@``.
        script: What will be run.
    """
    try:
        node, npm = find_node()
    except PageNotBuilt as missing:
        pytest.skip(str(missing))
    home = os.environ.get("XDG_CACHE_HOME")
    base = Path(home) if home else Path.home() / ".cache"
    versions = (each.rpartition("@")[2] for each in packages)
    folder = base / "datong" / "-".join([name, *versions])
    if not (folder / "node_modules" / packages[0].rpartition("@")[0]).is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true, "type": "module"}')
        install = [*npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", *packages]
        done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"npm cannot install the peers: {done.stderr.strip()[-200:]}")
    shutil.copy(script, folder / script.name)
    return node, folder
