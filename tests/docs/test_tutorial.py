"""The tutorial works as it is printed."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks
from tests.docs.console import Console, console_environment, free_port

# Whatever else the machine does meanwhile; alone it takes about 15 seconds.
LIMIT_SECONDS = 120


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    """A reader's folder, with the checkout's commands on PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    if shutil.which("curl") is None:
        (programs / "curl").symlink_to(Path(__file__).with_name("curl.py"))
    folder = tmp_path / "tutorial"
    folder.mkdir()
    ports = {port: free_port() for port in ("4000", "14301", "14306")}
    found = Console(
        folder, console_environment(tmp_path, f"{programs}:{Path(sys.executable).parent}"), ports
    )
    try:
        yield found
    finally:
        found.end()


@pytest.mark.timeout(LIMIT_SECONDS)
def test_every_command_of_the_tutorial_prints_what_the_page_says(console: Console) -> None:
    page = list(blocks(ROOT / "docs" / "tutorial.md"))
    assert sum(block.language == "console" for block in page) > 10

    for block in page:
        console.play(block)
