"""Sealed cursors: they hold sort values, which the caller may not be allowed to read.

A cursor opens only for the list, order, filter and caller that it was made for, so it neither shows
a value nor tests one.
"""

import base64
import datetime
import json
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from subgraphs.toolkit.errors import RequestRefused

_KEY_BITS = 512


class Cursors:
    """Seals and opens the cursors of one department.

    Equal rows have equal cursors under one key (AES-SIV, RFC 5297), as clients expect.

    Args:
        key: 64 bytes; None takes a new key, with which older cursors end.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._cipher = AESSIV(key or os.urandom(_KEY_BITS // 8))

    def seal(self, values: Sequence[object], binding: Sequence[str]) -> str:
        """The cursor of a row with these sort values; dates, text, numbers and booleans."""
        plain = [each.isoformat() if isinstance(each, datetime.date) else each for each in values]
        sealed = self._cipher.encrypt(json.dumps(plain).encode(), _encode(binding))
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, cursor: str, binding: Sequence[str]) -> list[object]:
        """The sort values of a cursor, dates as text.

        Raises:
            RequestRefused: Not made by this department for this binding.
        """
        try:
            sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
            values: list[object] = json.loads(self._cipher.decrypt(sealed, _encode(binding)))
        except (ValueError, InvalidTag) as fault:
            message = "`after` is not a cursor of this list, order, filter and caller"
            raise RequestRefused("BAD_CURSOR", message) from fault
        return values


def _encode(binding: Sequence[str]) -> list[bytes]:
    # Empty parts are refused by the cipher; the prefix keeps them apart from missing ones.
    return [f"={part}".encode() for part in binding]
