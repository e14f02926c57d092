"""The question to the policy engine: who asks, for which purpose, for what use of which fields."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

CONTRACT = 1
ANONYMOUS_IDS = frozenset({"", "anonymous"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as verified by the gateway; nothing here comes from the caller's own word.

    Attributes:
        id: Subject of the token.
        kind: ``person`` or ``application``.
        department: Organisation code, None for callers that belong to none.
        region: Administrative division code, None when not bound to one.
        clearance: Highest grade the caller may see, 0 for none.
    """

    id: str
    kind: str
    department: str | None = None
    region: str | None = None
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    clearance: int = 0

    @property
    def authenticated(self) -> bool:
        """Whether a token said who this is."""
        return self.id not in ANONYMOUS_IDS

    def to_json(self) -> dict[str, Any]:
        """As contract 1 writes it; absent facts have no key."""
        facts: dict[str, Any] = {
            "id": self.id,
            "authenticated": self.authenticated,
            "kind": self.kind,
            "department": self.department,
            "region": self.region,
            "roles": dict.fromkeys(sorted(self.roles), True),
            "scopes": dict.fromkeys(sorted(self.scopes), True),
            "clearance": self.clearance,
        }
        return {name: fact for name, fact in facts.items() if fact is not None}


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """A consent that the gateway has verified: issuer, signature, audience, validity, revocation.

    Attributes:
        subject: The person's identity number.
        fields: Coordinates as text.
        expires: Whole seconds since the epoch.
    """

    id: str
    subject: str
    purpose: str
    fields: frozenset[str]
    expires: int

    def to_json(self) -> dict[str, Any]:
        """As contract 1 writes it."""
        return {
            "id": self.id,
            "subject": self.subject,
            "purpose": self.purpose,
            "fields": dict.fromkeys(sorted(self.fields), True),
            "expires": self.expires,
        }


@dataclass(frozen=True, slots=True)
class Asker:
    """Everything about a question but its fields.

    Attributes:
        purpose: A code that the gateway has verified, or None.
        now: Whole seconds since the epoch.
    """

    caller: Caller
    purpose: str | None
    consents: tuple[ConsentFact, ...]
    now: int

    @property
    def subjects(self) -> frozenset[str]:
        """Whose consents are at hand."""
        return frozenset(consent.subject for consent in self.consents)


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """What a policy may know of the operation.

    Attributes:
        id: Of a persisted document; None otherwise.
    """

    kind: str
    name: str | None = None
    id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As contract 1 writes it; absent facts have no key."""
        facts = {"kind": self.kind, "name": self.name, "id": self.id}
        return {name: fact for name, fact in facts.items() if fact is not None}


class Uses(NamedTuple):
    """What one coordinate is asked for; a tuple, since caches hash dozens of them per request.

    Attributes:
        join: Coordinates that are computed from it, sorted.
    """

    select: bool = False
    filter: bool = False
    sort: bool = False
    join: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The uses asked, in the order of contract 1."""
        return tuple([name for name, asked in zip(self._fields, self, strict=True) if asked])

    def to_json(self) -> dict[str, Any]:
        """As contract 1 writes it: a key per use."""
        uses: dict[str, Any] = {name: True for name in self.names() if name != "join"}
        if self.join:
            uses["join"] = list(self.join)
        return uses


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One question for one whole operation (contract 1).

    Attributes:
        fields: Coordinate text to uses; coordinates are of object types only.
        topic: Digest of operation and fields; handed on where they come from an earlier question.
        reads: What the policies read of the rest, such as ``caller.clearance`` or ``purpose``;
            nothing else is sent to them. None sends everything.
        beside: What the operation itself asked, where this asks besides for a right to its rows.
    """

    asker: Asker
    operation: OperationFacts
    fields: Mapping[str, Uses]
    topic: bytes = field(default=b"", compare=False, repr=False)
    reads: frozenset[str] | None = None
    beside: Mapping[str, Uses] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.topic:
            object.__setattr__(self, "topic", self._digest())

    def asked_by(self, asker: Asker) -> AccessRequest:
        """The same question of somebody else, or at another time."""
        return AccessRequest(
            asker, self.operation, self.fields, self.topic, self.reads, self.beside
        )

    def about(self, fields: Mapping[str, Uses]) -> AccessRequest:
        """The same question about other fields."""
        return AccessRequest(self.asker, self.operation, fields, reads=self.reads)

    def for_policies(self, reads: frozenset[str] | None) -> AccessRequest:
        """The same question with only those facts that policies read."""
        return AccessRequest(
            self.asker, self.operation, self.fields, self.topic, reads, self.beside
        )

    def to_json(self) -> dict[str, Any]:
        """The policy engine's ``input``."""
        asker = self.asker
        facts = {
            "caller": self._read("caller", asker.caller.to_json()),
            "purpose": asker.purpose,
            "consents": [c.to_json() for c in sorted(asker.consents, key=lambda c: c.id)],
            "now": asker.now,
            "operation": self._read("operation", self.operation.to_json()),
        }
        return {
            "contract": CONTRACT,
            **{name: fact for name, fact in facts.items() if self._reads_of(name)},
            "fields": self._fields_json(),
        }

    def _reads_of(self, name: str) -> bool:
        reads = self.reads
        # Both stand for objects whose members are read one by one.
        return reads is None or name in reads or name in {"caller", "operation"}

    def _read(self, name: str, facts: dict[str, Any]) -> dict[str, Any]:
        reads = self.reads
        if reads is None or name in reads:
            return facts
        return {key: fact for key, fact in facts.items() if f"{name}.{key}" in reads}

    @property
    def key(self) -> Hashable:
        """The question without its time: equal keys are equal questions.

        Time stays out because whatever depends on it says how long it holds (``valid_until``).
        """
        asker = self.asker
        consents = tuple(sorted(asker.consents, key=lambda consent: consent.id))
        return asker.caller, asker.purpose, consents, self.topic

    def _fields_json(self) -> dict[str, Any]:
        return {name: self.fields[name].to_json() for name in sorted(self.fields)}

    def _digest(self) -> bytes:
        asked = [self.operation.to_json(), sorted(self.fields.items())]
        return hashlib.sha256(msgspec.json.encode(asked)).digest()
