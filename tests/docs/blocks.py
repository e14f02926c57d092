"""Fenced blocks of the documentation."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block; ``file`` is the name that its info string gives it, as in `file=a.json`."""

    place: str
    language: str
    file: str | None
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page in order."""
    content = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(content):
        words = found["info"].split()
        line = content[: found.start()].count("\n") + 1
        file = next((w.removeprefix("file=") for w in words if w.startswith("file=")), None)
        language = words[0] if words else ""
        yield Block(f"{page.relative_to(ROOT)}:{line}", language, file, found["text"])


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))
