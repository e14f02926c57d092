"""Text files that people write: one way to read them, one way to say why one cannot be read."""

from __future__ import annotations

from pathlib import Path


class UnreadableText(Exception):
    """A file that is not there, cannot be opened, or is not UTF-8; says which, and where."""


def read_text(file: Path, name: str | None = None) -> str:
    """The text of a file in UTF-8.

    Args:
        file: Where it is.
        name: What messages call it, when not by its path.

    Raises:
        UnreadableText: There is no such text.
    """
    name = str(file) if name is None else name
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise UnreadableText(f"{name}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UnreadableText(f"{name}:{line}: not UTF-8") from None
