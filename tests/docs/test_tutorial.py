"""The tutorial works as it is printed."""

from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks
from tests.docs.console import reader

# Whatever else the machine does meanwhile; alone it takes about 15 seconds.
LIMIT_SECONDS = 120


@pytest.mark.timeout(LIMIT_SECONDS)
def test_every_command_of_the_tutorial_prints_what_the_page_says(tmp_path: Path) -> None:
    page = list(blocks(ROOT / "docs" / "tutorial.md"))
    assert sum(block.language == "console" for block in page) > 10

    with reader(tmp_path, "4000", "14301", "14308") as console:
        for block in page:
            console.play(block)
