"""The verifier: has anything been changed, dropped, swapped or cut since it was written?

Works on entries in the order in which they are stored, one at a time, so that a trail of any
length fits. What it can prove ends at the last authentic head; a chain whose writer died may have
entries after it, which are linked but not signed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from federation.audit.chain import ChainHead, Entry, empty_chain, entry_digest
from federation.audit.register import REGISTER, ChainClosed, ChainOpened, read_event
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
        entries: How many are stored.
        proven: Number of the last entry that an authentic head covers.
        closed: Whether the register names its end.
        faults: Empty when all is well.
    """

    chain: str
    entries: int
    proven: int
    closed: bool
    faults: tuple[Fault, ...]


class ChainVerifier:
    """Checks one chain, entry by entry.

    Usage: construct with the heads that are known of the chain, ``feed`` every stored entry in
    stored order, then ask for the ``report``.
    """

    def __init__(
        self,
        chain: str,
        heads: Iterable[SignedHead],
        keys: Mapping[str, Ed25519PublicKey],
        closing: ChainClosed | None = None,
    ) -> None:
        self._chain = chain
        self._last = empty_chain(chain)
        self._entries = 0
        self._closing = closing
        self._faults: list[Fault] = []
        self._stated: dict[int, set[bytes]] = {}
        self._signed: set[int] = set()
        self._proven = 0
        for signed in heads:
            if is_authentic(signed, keys) and signed.head.chain == chain:
                self._stated.setdefault(signed.head.sequence, set()).add(signed.head.digest)
                self._signed.add(signed.head.sequence)
            else:
                self._fault(signed.head.sequence, FaultKind.FORGED)
        if closing is not None:
            self._stated.setdefault(closing.sequence, set()).add(closing.head.digest)

    def feed(self, entry: Entry) -> None:
        """Check the next stored entry against all before it."""
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
        closed = self._closing is not None
        ordered = tuple(sorted(faults, key=lambda fault: (fault.sequence, fault.kind.value)))
        return ChainReport(self._chain, self._entries, proven, closed, ordered)

    def _fault(self, sequence: int, kind: FaultKind) -> None:
        self._faults.append(Fault(self._chain, sequence, kind))


def verify(
    chain: str,
    entries: Iterable[Entry],
    heads: Iterable[SignedHead],
    keys: Mapping[str, Ed25519PublicKey],
    closing: ChainClosed | None = None,
) -> ChainReport:
    """Check one whole chain.

    Args:
        chain: Its name.
        entries: As stored, in stored order.
        heads: Signed heads of this chain, from the database or from outside it.
        keys: Trusted public keys by key id.
        closing: What the register says of the chain's end, when it says something.
    """
    verifier = ChainVerifier(chain, heads, keys, closing)
    for entry in entries:
        verifier.feed(entry)
    return verifier.report()


@dataclass(frozen=True, slots=True)
class Register:
    """The register as read: every chain's opening and, where there is one, its closing."""

    openings: Mapping[str, ChainOpened]
    closings: Mapping[str, ChainClosed]
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
    faults: list[Fault] = []
    for entry in entries:
        match read_event(entry.body):
            case ChainOpened() as opened if opened.chain not in openings:
                openings[opened.chain] = opened
            case ChainClosed() as closed if closed.chain not in closings:
                closings[closed.chain] = closed
            case _:
                faults.append(Fault(REGISTER, entry.sequence, FaultKind.UNREGISTERED))
    return Register(openings, closings, tuple(faults))
