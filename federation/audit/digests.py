"""Hashes by which the audit trail names texts, persons and entities without quoting them."""

import hashlib
from collections.abc import Callable, Collection, Hashable, Iterable
from functools import lru_cache
from typing import Any, TypeVar

N = TypeVar("N", bound=Hashable)

# 128 bits: no two of a nation's people share one by chance, at half the length.
_KEYED_BYTES = 16
_BLOCK_BYTES = 64
_KINDS = 1_000
# Names whose digests are remembered; about 250 bytes each.
_REMEMBERED = 10_000


def text_digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in lowercase hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def keyed_digest(key: bytes, kind: str, value: str) -> str:
    """A name for ``value`` that only a holder of the key can compute or confirm.

    A plain hash of an identity number is no protection: all of them can be tried in minutes.

    Args:
        key: At least 32 random bytes.
        kind: What the value is, such as a type's name; equal values of two kinds differ.
        value: The canonical text of a key or of a data subject's number.

    Returns:
        The first 128 bits of HMAC-SHA-256, in lowercase hex.
    """
    return keyed_digests(key, kind, (value,))[0]


def keyed_digests(key: bytes, kind: str, values: Iterable[str]) -> list[str]:
    """``keyed_digest`` of each value, in order.

    Source:
        RFC 2104. What comes before the values is hashed once; `hmac` itself takes twice the time.
    """
    inner, outer = _begun(key, kind)
    digests = []
    for value in values:
        message, digest = inner.copy(), outer.copy()
        message.update(value.encode())
        digest.update(message.digest())
        digests.append(digest.hexdigest()[: 2 * _KEYED_BYTES])
    return digests


def digest_key_id(key: bytes) -> str:
    """A short name of a key of ``keyed_digest``, which tells nothing of the key itself.

    Returns:
        The first 8 bytes of a digest of a kind that no name has, in hex.
    """
    return keyed_digest(key, "check", "")[:16]


@lru_cache(_KINDS)
def _begun(key: bytes, kind: str) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """HMAC's two hashes, as far as they depend on key and kind alone."""
    padded = (key if len(key) <= _BLOCK_BYTES else hashlib.sha256(key).digest()).ljust(
        _BLOCK_BYTES, b"\0"
    )
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + kind.encode() + b"\0")
    return inner, hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))


class NameHashes:
    """Digests of names under one key; those of names met lately are not computed anew.

    Attributes:
        key: See ``keyed_digest``.
    """

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._known: dict[str, dict[Any, str]] = {}
        self._size = 0

    def of(self, kind: str, names: Collection[N], canonical: Callable[[N], str]) -> list[str]:
        """The digest of each name's canonical text, in order; no name may come twice.

        Names of one kind are either all texts or all tuples of texts.
        """
        if len(names) > _REMEMBERED:
            return keyed_digests(self.key, kind, map(canonical, names))
        known = self._known.setdefault(kind, {})
        try:
            return list(map(known.__getitem__, names))
        except KeyError:
            missing = [name for name in names if name not in known]
        if self._size + len(missing) > _REMEMBERED:
            # Anew, since to know the oldest would cost more than it saves.
            known, missing = {}, list(names)
            self._known, self._size = {kind: known}, 0
        fresh = keyed_digests(self.key, kind, map(canonical, missing))
        known.update(zip(missing, fresh, strict=True))
        self._size += len(missing)
        return [known[name] for name in names]
