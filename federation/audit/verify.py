"""The verifier: has anything been changed, dropped, swapped or cut since it was written?

Works on entries in the order in which they are stored, one at a time, so that a trail of any
length fits. What it can prove ends at the last authentic head; a chain whose writer died may have
entries after it, which are linked but not signed. Heads in the database prove that nothing before
them was changed; that they are the last ones there ever were, only heads kept outside (anchors)
can prove.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from federation.audit.chain import ChainHead, Entry, empty_chain, entry_digest
from federation.audit.register import (
    REGISTER,
    ChainClosed,
    ChainOpened,
    ChainPruned,
    read_event,
)
from federation.audit.signing import SignedHead, is_authentic


class FaultKind(Enum):
    """What is wrong at a place of a chain."""

    CHANGED = "changed"
    """The entry's hash does not fit its content or its predecessor."""
    DROPPED = "dropped"
    """Entries are missing before this one."""
    SWAPPED = "swapped"
    """The entry stands behind a later one, or twice."""
    CUT = "cut"
    """The chain once went on to this number."""
    REWRITTEN = "rewritten"
    """A signed or registered head names another hash for this number."""
    FORGED = "forged"
    """A head's signature is not by a known key."""
    UNSIGNED = "unsigned"
    """The entry of the register has no signed head of its own, so that no writer made it."""
    UNREGISTERED = "unregistered"
    """The register does not know the chain, or holds something that is no event."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding: which entry of which chain, and what is wrong with it."""

    chain: str
    sequence: int
    kind: FaultKind

    def __str__(self) -> str:
        return f"{self.chain} entry {self.sequence}: {self.kind.value}"


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What could be said of one chain.

    Attributes:
        chain: Its name.
        entries: How many are stored, those left over from a pruning not counted.
        proven: Number of the last entry that an authentic head covers.
        closed: Whether the register names its end.
        faults: Empty when all is well.
        last: Number of the last entry.
        pruned: Number of the last entry that was removed as the register says; 0 for none.
        anchored: Number of the last entry that an anchor covers.
        signed_at: Time of the last authentic head, milliseconds since 1970; None without one.
    """

    chain: str
    entries: int
    proven: int
    closed: bool
    faults: tuple[Fault, ...]
    last: int = 0
    pruned: int = 0
    anchored: int = 0
    signed_at: int | None = None

    @property
    def unsigned(self) -> int:
        """How many entries lie after the last authentic head."""
        return self.last - max(self.proven, self.pruned)


class ChainVerifier:
    """Checks one chain, entry by entry.

    Usage: construct with the heads that are known of the chain, ``feed`` every stored entry in
    stored order, then ask for the ``report``.

    Args:
        heads: Signed heads of this chain from the database.
        keys: Trusted public keys by key id.
        closing: What the register says of the chain's end, when it says something.
        pruned: What it says last of the chain's removed beginning.
        anchors: Signed heads of this chain that were kept outside the database.
    """

    def __init__(
        self,
        chain: str,
        heads: Iterable[SignedHead],
        keys: Mapping[str, Ed25519PublicKey],
        closing: ChainClosed | None = None,
        *,
        pruned: ChainPruned | None = None,
        anchors: Iterable[SignedHead] = (),
    ) -> None:
        self._chain = chain
        self._start = pruned.head if pruned is not None else empty_chain(chain)
        self._last = self._start
        self._entries = 0
        # Whoever may say that entries are missing rightly could hide any others.
        self._all_signed = chain == REGISTER
        self._closing = closing
        self._faults: list[Fault] = []
        self._stated: dict[int, set[bytes]] = {}
        self._signed: dict[int, int] = {}
        self._anchored: set[int] = set()
        self._proven = self._start.sequence
        for signed in heads:
            self._state(signed, keys)
        for signed in anchors:
            if self._state(signed, keys):
                self._anchored.add(signed.head.sequence)
        if closing is not None:
            self._stated.setdefault(closing.sequence, set()).add(closing.head.digest)
        if self._stated.get(self._start.sequence, set()) - {self._start.digest}:
            self._fault(self._start.sequence, FaultKind.REWRITTEN)

    def _state(self, signed: SignedHead, keys: Mapping[str, Ed25519PublicKey]) -> bool:
        """Hold the chain to what a head says; False when nobody we know says it."""
        if not is_authentic(signed, keys) or signed.head.chain != self._chain:
            self._fault(signed.head.sequence, FaultKind.FORGED)
            return False
        at = signed.head.sequence
        self._stated.setdefault(at, set()).add(signed.head.digest)
        self._signed[at] = max(signed.at, self._signed.get(at, 0))
        return True

    def feed(self, entry: Entry) -> None:
        """Check the next stored entry against all before it."""
        if self._entries == 0 and 0 < entry.sequence <= self._start.sequence:
            return  # A pruning was broken off; the register has already done without this entry.
        self._entries += 1
        expected = self._last.sequence + 1
        if entry.sequence < expected:
            self._fault(entry.sequence, FaultKind.SWAPPED)
            return
        if entry.sequence > expected:
            self._fault(entry.sequence, FaultKind.DROPPED)
        elif entry.previous != self._last.digest:
            self._fault(entry.sequence, FaultKind.CHANGED)
        digest = entry_digest(self._chain, entry.sequence, entry.previous, entry.body)
        if digest != entry.digest:
            self._fault(entry.sequence, FaultKind.CHANGED)
        if self._all_signed and entry.sequence not in self._signed:
            self._fault(entry.sequence, FaultKind.UNSIGNED)
        stated = self._stated.get(entry.sequence)
        if stated is not None:
            if stated != {digest}:
                self._fault(entry.sequence, FaultKind.REWRITTEN)
            elif entry.sequence in self._signed:
                self._proven = entry.sequence
        self._last = ChainHead(self._chain, entry.sequence, entry.digest)

    def report(self) -> ChainReport:
        """The verdict over everything fed so far."""
        faults = list(self._faults)
        end = max(self._stated, default=0)
        if end > self._last.sequence:
            faults.append(Fault(self._chain, end, FaultKind.CUT))
        if self._closing is not None and self._last.sequence > self._closing.sequence:
            faults.append(Fault(self._chain, self._last.sequence, FaultKind.CHANGED))
        proven = 0 if faults else self._proven
        return ChainReport(
            chain=self._chain,
            entries=self._entries,
            proven=proven,
            closed=self._closing is not None,
            faults=tuple(sorted(faults, key=lambda fault: (fault.sequence, fault.kind.value))),
            last=self._last.sequence,
            pruned=self._start.sequence,
            anchored=max((at for at in self._anchored if at <= proven), default=0),
            signed_at=max(self._signed.values(), default=None),
        )

    def _fault(self, sequence: int, kind: FaultKind) -> None:
        self._faults.append(Fault(self._chain, sequence, kind))


def verify(
    chain: str,
    entries: Iterable[Entry],
    heads: Iterable[SignedHead],
    keys: Mapping[str, Ed25519PublicKey],
    closing: ChainClosed | None = None,
) -> ChainReport:
    """Check one whole chain that was never pruned.

    Args:
        chain: Its name.
        entries: As stored, in stored order.
        heads: Signed heads of this chain.
        keys: Trusted public keys by key id.
        closing: What the register says of the chain's end, when it says something.
    """
    verifier = ChainVerifier(chain, heads, keys, closing)
    for entry in entries:
        verifier.feed(entry)
    return verifier.report()


@dataclass(frozen=True, slots=True)
class Register:
    """The register as read, by chain.

    Attributes:
        prunings: The last of each chain.
        closed_at: Number of the register's entry that closes a chain.
    """

    openings: Mapping[str, ChainOpened]
    closings: Mapping[str, ChainClosed]
    prunings: Mapping[str, ChainPruned]
    closed_at: Mapping[str, int]
    faults: tuple[Fault, ...] = ()

    def missing(self, chains: Iterable[str]) -> tuple[Fault, ...]:
        """Faults for chains that were never opened, given the names of all stored chains.

        A registered chain of which nothing is stored shows up when it is verified, by its
        closing or its heads.
        """
        unknown = sorted(set(chains) - set(self.openings) - {REGISTER})
        return tuple(Fault(chain, 0, FaultKind.UNREGISTERED) for chain in unknown)


def read_register(entries: Iterable[Entry]) -> Register:
    """What the entries of the register chain say; verify that chain as well."""
    openings: dict[str, ChainOpened] = {}
    closings: dict[str, ChainClosed] = {}
    prunings: dict[str, ChainPruned] = {}
    closed_at: dict[str, int] = {}
    faults: list[Fault] = []
    for entry in entries:
        match read_event(entry.body):
            case ChainOpened() as opened if opened.chain not in openings:
                openings[opened.chain] = opened
            case ChainClosed() as closed if closed.chain not in closings:
                closings[closed.chain] = closed
                closed_at[closed.chain] = entry.sequence
            case ChainPruned() as pruned if _goes_on(pruned, prunings.get(pruned.chain)):
                prunings[pruned.chain] = pruned
            case _:
                faults.append(Fault(REGISTER, entry.sequence, FaultKind.UNREGISTERED))
    return Register(openings, closings, prunings, closed_at, tuple(faults))


def _goes_on(pruned: ChainPruned, earlier: ChainPruned | None) -> bool:
    """Is more removed than before? The register itself is never pruned."""
    return pruned.chain != REGISTER and (earlier is None or earlier.sequence <= pruned.sequence)
