"""Anchors: signed heads in a small file, to be kept where whoever runs the database cannot reach.

A database together with the key of its heads can be rewritten without a trace inside it. What was
published before cannot: entries up to an anchor are what they were when it was made.
"""

import hashlib
from typing import Annotated

import msgspec

from federation.audit.chain import ChainHead
from federation.audit.signing import SignedHead
from federation.errors import FederationError


class MalformedAnchor(FederationError):
    """A file that is no anchor."""

    code = "MALFORMED_ANCHOR"


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    chain: str
    sequence: Annotated[int, msgspec.Meta(ge=0)]
    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    at: Annotated[int, msgspec.Meta(ge=0)]
    key_id: str
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]


class Anchor(
    msgspec.Struct, frozen=True, tag_field="kind", tag="datong-audit-anchor", kw_only=True
):
    """What a trail had come to at some time.

    Attributes:
        version: Of this format.
        at: Milliseconds since 1970 in UTC.
        heads: The latest signed head of the register and of each chain that was not closed, sorted
            by chain; the register covers the closed ones.
    """

    version: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    at: int
    heads: tuple[_Head, ...]

    @property
    def signed_heads(self) -> tuple[SignedHead, ...]:
        """The heads as the verifier takes them."""
        return tuple(
            SignedHead(
                ChainHead(each.chain, each.sequence, bytes.fromhex(each.digest)),
                each.at,
                each.key_id,
                bytes.fromhex(each.signature),
            )
            for each in self.heads
        )


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(Anchor)


def make_anchor(heads: list[SignedHead], at: int) -> Anchor:
    """An anchor of these heads."""
    told = (
        _Head(
            each.head.chain,
            each.head.sequence,
            each.head.digest.hex(),
            each.at,
            each.key_id,
            each.signature.hex(),
        )
        for each in heads
    )
    return Anchor(at=at, heads=tuple(sorted(told, key=lambda each: each.chain)))


def anchor_text(anchor: Anchor) -> str:
    """The file: JSON, one head in each line."""
    lines = ",\n  ".join(_ENCODER.encode(each).decode() for each in anchor.heads)
    return (
        f'{{"kind":"datong-audit-anchor","version":1,"at":{anchor.at},"heads":[\n  {lines}\n]}}\n'
    )


def anchor_digest(text: str) -> str:
    """SHA-256 of the file, in hex; short enough to be printed in a newspaper."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_anchor(text: str | bytes) -> Anchor:
    """The anchor in a file.

    Raises:
        MalformedAnchor: It is none.
    """
    try:
        return _DECODER.decode(text)
    except msgspec.MsgspecError as fault:
        raise MalformedAnchor(f"not an anchor: {fault}") from None
