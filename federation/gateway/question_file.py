"""Questions of live traffic in a file, to be asked again of other policies (``policy diff``)."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path

import msgspec

from federation.access import AccessRequest, Asker
from federation.audit import keyed_digest
from federation.gateway.access_log import AccessLog
from federation.gateway.bounded import Bounded

MAX_REMEMBERED = 20_000
LOOK_SECONDS = 60.0
"""How often it is looked whether the file was moved away, or can be written to again."""

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
# Other digests than those of the audit trail, so that nobody can lay the two side by side.
_PERSON = "asked about"


class QuestionFile:
    """Appends distinct questions of contract 1, one a line, without the names of persons.

    What is written is the whole question of an operation, whoever answers it: the cache of
    decisions asks the engine for the fields that it does not know, with those facts only that the
    policies in use read, and answers all callers alike whom they do not tell apart. Other policies
    may do neither.

    Several processes may append to one file. Whatever happens to it, no answer changes.
    """

    def __init__(
        self,
        file: str,
        max_bytes: int,
        key: bytes,
        log: AccessLog,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Makes the file, or tells in the log why it cannot be written to.

        Args:
            file: Where questions are appended.
            max_bytes: Nothing is written beyond.
            key: Of the digests that stand for persons; see ``audit.keyed_digest``.
            log: Told of a fault, once.
            clock: Seconds.
        """
        self._file = Path(file)
        self._max_bytes = max_bytes
        self._key = key
        self._log = log
        self._clock = clock
        self._written: Bounded[Hashable, bool] = Bounded(MAX_REMEMBERED)
        self._known: tuple[int, int, int] = (0, 0, 0)
        self._told = ""
        self._look()

    def observe(self, request: AccessRequest) -> None:
        """Writes a question unless an equal one is remembered; raises nothing."""
        # What is asked besides for a right to rows follows from a question that stands there.
        if request.beside is not None:
            return
        if self._clock() >= self._look_at:
            self._look()
        if self._is_resting:
            return
        key = _sameness(request)
        if self._written.get(key):
            return
        try:
            unnamed = request.for_policies(None).asked_by(self._without_names(request.asker))
            line = msgspec.json.encode(unnamed.to_json()) + b"\n"
        except ValueError:
            # Half a surrogate pair in a claim, which UTF-8 cannot write.
            return
        if self._append(line):
            self._written.put(key, True)

    def _look(self) -> None:
        self._look_at = self._clock() + LOOK_SECONDS
        self._is_resting = False
        self._append(b"")

    def _append(self, line: bytes) -> bool:
        """Whether it could be written. If not, nothing is tried until the next look.

        The event loop writes: a short line into the page cache takes less time than to hand it to a
        thread, and is seldom, since only questions that are new are written.
        """
        try:
            self._write(line)
        except OSError as fault:
            self._is_resting = True
            why = fault.strerror or type(fault).__name__
            if why != self._told:
                self._told = why
                self._log.questions(f"{self._file}: no questions are recorded: {why}")
            return False
        return True

    def _write(self, line: bytes) -> None:
        # Opened each time, so that a file can be moved away and another takes its place.
        handle = os.open(self._file, _FLAGS, 0o600)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(errno.EINVAL, "it is no regular file")
            self._know(found)
            if found.st_size + len(line) > self._max_bytes:
                raise OSError(errno.EFBIG, "access.questions_max_bytes is reached; move it away")
            written = os.write(handle, line) if line else 0
            end = os.fstat(handle).st_size
            if written < len(line):
                # Half a line would spoil what another process appends after it.
                if end == os.lseek(handle, 0, os.SEEK_CUR):
                    os.ftruncate(handle, end - written)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._known = (found.st_dev, found.st_ino, end)
        finally:
            os.close(handle)

    def _know(self, found: os.stat_result) -> None:
        """Forgets what was written when that was to another file, or this one was emptied."""
        device, number, size = self._known
        if (found.st_dev, found.st_ino) != (device, number) or found.st_size < size:
            self._written.clear()
            self._told = ""
        self._known = (found.st_dev, found.st_ino, found.st_size)

    def _without_names(self, asker: Asker) -> Asker:
        """Persons by digests, the same person always by the same; applications as they are."""
        caller = asker.caller
        if caller.authenticated and caller.kind != "application":
            of = caller.department or "no department"
            caller = replace(caller, id=f"person of {of} {self._digest(caller.id)}")
        consents = tuple(
            replace(consent, id=self._digest(consent.id), subject=self._digest(consent.subject))
            for consent in asker.consents
        )
        return replace(asker, caller=caller, consents=consents)

    def _digest(self, name: str) -> str:
        return keyed_digest(self._key, _PERSON, name)


def _sameness(request: AccessRequest) -> Hashable:
    """Equal for questions that differ only in their time, and in the persons who consent.

    Which person that is decides on rows, not on fields: who asks for a thousand citizens, with the
    consent of each, asks one question a thousand times.
    """
    asker = request.asker
    consents = sorted((each.purpose, tuple(sorted(each.fields))) for each in asker.consents)
    return asker.caller, asker.purpose, tuple(consents), request.topic
