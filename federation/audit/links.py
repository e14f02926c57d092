"""Links between chains: a chain that goes on states where the others were.

Every few seconds a writer enters the signed heads that others wrote meanwhile into its own chain.
Whoever cuts the end of one chain, its heads included, contradicts the chains beside it.
"""

from typing import Annotated

import msgspec

from federation.audit.chain import ChainHead


class LinkedHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The end of another chain, as far as its writer had signed it."""

    chain: str
    sequence: Annotated[int, msgspec.Meta(ge=0)]
    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class ChainLinks(msgspec.Struct, frozen=True, tag_field="kind", tag="links"):
    """An entry that is no record: where other chains were.

    Attributes:
        at: Milliseconds since 1970 in UTC.
        heads: Sorted by chain.
    """

    at: int
    heads: tuple[LinkedHead, ...]


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(ChainLinks)
# How links end in canonical form, and no record.
_MARK = b'"kind":"links"}'


def links_bytes(at: int, heads: list[ChainHead]) -> bytes:
    """The body of an entry that links to these heads."""
    linked = sorted((head.chain, head.sequence, head.digest.hex()) for head in heads)
    return _ENCODER.encode(ChainLinks(at, tuple(LinkedHead(*each) for each in linked)))


def read_links(body: bytes) -> ChainLinks | None:
    """The links of an entry; None when it is something else."""
    if not body.endswith(_MARK):
        return None
    try:
        return _DECODER.decode(body)
    except msgspec.MsgspecError:
        return None
