"""What worker processes get from the process that starts them, beside settings and schema."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from federation.gateway.watching import Signatures

if TYPE_CHECKING:
    from federation.gateway.engines import PolicySource


class ActivePolicies:
    """The policies and grants that workers decide by, in a file of theirs.

    A worker that takes the place of one that ended begins with them, whatever the policy folder
    holds by now: somebody may just be writing there.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def keep(self, source: PolicySource) -> None:
        """Notes what is decided by from now on."""
        new = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        new.write_bytes(msgspec.json.encode(source))
        # In one step, since another worker may be reading.
        new.replace(self._file)

    def read(self) -> PolicySource | None:
        """What was kept last; None when nothing was."""
        # What is not configured is not imported.
        from federation.gateway.engines import PolicySource  # noqa: PLC0415

        try:
            return msgspec.json.decode(self._file.read_bytes(), type=PolicySource)
        except FileNotFoundError:
            return None


@dataclass(frozen=True, slots=True)
class Handed:
    """Handed to each worker.

    Attributes:
        writer_socket: Of the audit writer process; None writes the trail in this process.
        policies: Of the workers together; None where there is one process only.
        signatures: Of the files before any of them was read; what changes later is taken up.
        is_successor: The worker takes the place of one that has ended: schema and policies may
            have been replaced since the first ones began.
        digest_key_id: Of the key in ``audit.key_file``; None where the settings name none.
    """

    writer_socket: Path | None = None
    policies: ActivePolicies | None = None
    signatures: Signatures | None = None
    is_successor: bool = False
    digest_key_id: str | None = None


ALONE = Handed()
"""For a gateway in one process."""
