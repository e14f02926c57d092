"""What the policy worker process says to the gateway."""

from __future__ import annotations

import msgspec


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the worker says.

    Attributes:
        answer: The policies' answer, of contract 1.
        fault: Why there is none.
        faults: What is wrong with the release.
    """

    answer: msgspec.Raw = msgspec.Raw(b"null")
    fault: str = ""
    faults: tuple[str, ...] = ()
