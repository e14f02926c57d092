"""The hash chain: each entry's hash covers the one before it.

An entry is a body (bytes), its place, and
``SHA-256(tag, chain, sequence, previous hash, body)``, every part of variable length preceded by
its length. The first entry's previous hash is 32 zero bytes.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_TAG = b"datong audit entry 1"
_START = bytes(32)


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The end of a chain: what the next entry builds on.

    Attributes:
        chain: Name of the chain.
        sequence: Number of the last entry, from 1; 0 for an empty chain.
        digest: Hash of the last entry, 32 bytes.
    """

    chain: str
    sequence: int
    digest: bytes


class Entry(NamedTuple):
    """One link of a chain.

    Attributes:
        sequence: From 1, without gaps.
        previous: Hash of the entry before it.
        body: What is recorded.
        digest: Hash of this entry.
    """

    sequence: int
    previous: bytes
    body: bytes
    digest: bytes


def empty_chain(chain: str) -> ChainHead:
    """The head of a chain that has no entry yet."""
    return ChainHead(chain, 0, _START)


def entry_digest(chain: str, sequence: int, previous: bytes, body: bytes) -> bytes:
    """The hash that an entry must bear at this place with this body."""
    place = b"%b%b%b" % (_beginning(chain), sequence.to_bytes(8, "big"), previous)
    # At once, since each piece of its own takes as long as a kilobyte.
    return hashlib.sha256(b"%b%b%b" % (place, len(body).to_bytes(8, "big"), body)).digest()


@lru_cache
def _beginning(chain: str) -> bytes:
    name = chain.encode()
    return b"%b%b%b" % (_TAG, len(name).to_bytes(4, "big"), name)


def append(head: ChainHead, bodies: Iterable[bytes]) -> tuple[list[Entry], ChainHead]:
    """The entries that carry ``bodies`` on from ``head``, and the head after them."""
    entries = []
    sequence, previous = head.sequence, head.digest
    for body in bodies:
        sequence += 1
        digest = entry_digest(head.chain, sequence, previous, body)
        entries.append(Entry(sequence, previous, body, digest))
        previous = digest
    return entries, ChainHead(head.chain, sequence, previous)
