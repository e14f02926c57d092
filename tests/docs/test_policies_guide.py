"""The change of the policy author's guide, made and tested in a copy of the checkout."""

import shutil
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks
from tests.docs.console import reader

COPIED = ("federation", "policies", "subgraphs", "tests", "tools")


@pytest.mark.timeout(180)
def test_every_command_of_the_guide_prints_what_the_page_says(tmp_path: Path) -> None:
    with reader(tmp_path) as console:
        for name in COPIED:
            ignored = shutil.ignore_patterns("__pycache__", "static", "node_modules")
            shutil.copytree(ROOT / name, console.folder / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", console.folder)
        # The copy comes before the installed checkout.
        console.environment["PYTHONPATH"] = str(console.folder)

        for block in blocks(ROOT / "docs" / "policies.md"):
            console.play(block)
