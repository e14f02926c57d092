"""The chain register: which chains there are, who wrote them, where they ended, what was pruned.

The register is a chain itself, named ``REGISTER``, whose bodies are events. A chain that is removed
as a whole is still named here, a closed chain cannot lose its last entries, and a chain lacks its
first entries rightly only where a pruning says so. So that nobody else says it, each entry is
written together with a signed head.
"""

from typing import Annotated

import msgspec

from federation.audit.chain import ChainHead

REGISTER = "register"


class ChainOpened(
    msgspec.Struct, frozen=True, tag="opened", forbid_unknown_fields=True, omit_defaults=True
):
    """A writer begins a chain.

    Attributes:
        chain: Its name; unique for ever.
        writer: The process, for people.
        at: Milliseconds since 1970 in UTC.
        key_id: The key that will sign its heads.
        digest_key_id: The key by which persons and entities are hashed in it, see
            ``digests.digest_key_id``; None for one that is kept nowhere.
    """

    chain: str
    writer: str
    at: int
    key_id: str
    digest_key_id: str | None = None


class ChainClosed(msgspec.Struct, frozen=True, tag="closed", forbid_unknown_fields=True):
    """A chain has ended.

    Attributes:
        chain: Its name.
        sequence: Number of its last entry.
        digest: Hash of its last entry, in hex.
        at: Milliseconds since 1970 in UTC.
        orderly: False when the next writer found it open, so that its own writer must have died.
    """

    chain: str
    sequence: Annotated[int, msgspec.Meta(ge=0)]
    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    at: int
    orderly: bool

    @property
    def head(self) -> ChainHead:
        """The end it is said to have."""
        return ChainHead(self.chain, self.sequence, bytes.fromhex(self.digest))


class ChainPruned(msgspec.Struct, frozen=True, tag="pruned", forbid_unknown_fields=True):
    """The oldest entries of a chain were removed, since they were kept long enough.

    Attributes:
        chain: Its name.
        sequence: Number of the last entry that may be missing.
        digest: Hash of that entry, in hex: what the rest of the chain builds on.
        at: Milliseconds since 1970 in UTC.
        before: All removed entries were older than this; the same unit.
    """

    chain: str
    sequence: Annotated[int, msgspec.Meta(ge=1)]
    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    at: int
    before: int

    @property
    def head(self) -> ChainHead:
        """Where the rest of the chain begins."""
        return ChainHead(self.chain, self.sequence, bytes.fromhex(self.digest))


RegisterEvent = ChainOpened | ChainClosed | ChainPruned

_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER: msgspec.json.Decoder[RegisterEvent] = msgspec.json.Decoder(RegisterEvent)


def event_bytes(event: RegisterEvent) -> bytes:
    """The body of a register entry."""
    return _ENCODER.encode(event)


def read_event(body: bytes) -> RegisterEvent | None:
    """The event of a register entry; None when the body is not one."""
    try:
        return _DECODER.decode(body)
    except msgspec.MsgspecError:
        return None
