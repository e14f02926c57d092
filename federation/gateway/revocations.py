"""Consents that their givers took back."""

from __future__ import annotations

from pathlib import Path

from federation.errors import Unavailable


class RevocationsUnavailable(Unavailable):
    """The list of revoked consents cannot be read, so no consent can be believed."""


class Revocations:
    """Ids in a text file, one a line; a changed file is read again at the next question."""

    def __init__(self, file: str) -> None:
        self._file = Path(file) if file else None
        self._state: tuple[int, ...] | None = None
        self._ids: frozenset[str] = frozenset()

    def has(self, consent_id: str) -> bool:
        """Whether that consent was revoked.

        Raises:
            RevocationsUnavailable: A list is configured and cannot be read.
        """
        if self._file is None:
            return False
        try:
            status = self._file.stat()
            # A copy can keep size and time of the file that it replaces; its number it cannot.
            state = (status.st_ino, status.st_ctime_ns, status.st_mtime_ns, status.st_size)
            if state != self._state:
                self._ids = frozenset(self._file.read_text(encoding="utf-8").split())
                self._state = state
        except (OSError, UnicodeDecodeError) as error:
            raise RevocationsUnavailable("the list of revoked consents cannot be read") from error
        return consent_id in self._ids
