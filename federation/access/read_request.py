"""Questions read back from their JSON, as they were recorded."""

from __future__ import annotations

from typing import Any

import msgspec

from federation.access.request import (
    CONTRACT,
    AccessRequest,
    Asker,
    Caller,
    ConsentFact,
    OperationFacts,
    Uses,
)


class _Caller(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    id: str | None = None
    authenticated: bool | None = None
    kind: str
    department: str | None = None
    region: str | None = None
    roles: dict[str, bool] = {}
    scopes: dict[str, bool] = {}
    clearance: int = 0


class _Consent(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    subject: str
    purpose: str
    fields: dict[str, bool]
    expires: int


class _Operation(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    name: str | None = None
    id: str | None = None


class _Uses(msgspec.Struct, forbid_unknown_fields=True):
    select: bool = False
    filter: bool = False
    sort: bool = False
    join: tuple[str, ...] = ()


class _Question(msgspec.Struct, forbid_unknown_fields=True):
    contract: int
    caller: _Caller
    purpose: str | None
    consents: list[_Consent]
    now: int
    operation: _Operation
    fields: dict[str, _Uses]


def read_request(document: Any) -> AccessRequest:
    """The question that ``AccessRequest.to_json`` wrote.

    Raises:
        ValueError: It is not one of contract 1.
    """
    read = msgspec.convert(document, _Question)
    if read.contract != CONTRACT:
        raise ValueError(f"contract {read.contract} is not known")
    caller = read.caller
    return AccessRequest(
        asker=Asker(
            caller=Caller(
                # Policies that do not read the name are not told it.
                id=caller.id or ("unnamed" if caller.authenticated else "anonymous"),
                kind=caller.kind,
                department=caller.department,
                region=caller.region,
                roles=frozenset(caller.roles),
                scopes=frozenset(caller.scopes),
                clearance=caller.clearance,
            ),
            purpose=read.purpose,
            consents=tuple(
                ConsentFact(c.id, c.subject, c.purpose, frozenset(c.fields), c.expires)
                for c in read.consents
            ),
            now=read.now,
        ),
        operation=OperationFacts(read.operation.kind, read.operation.name, read.operation.id),
        fields={
            name: Uses(uses.select, uses.filter, uses.sort, uses.join)
            for name, uses in read.fields.items()
        },
    )
