"""A catalogue of many fields with many grants, as a city would have them."""

from __future__ import annotations

import random
from typing import Any

from federation.access import AccessRequest, Asker, Caller, OperationFacts, Uses
from federation.gateway.engines import PolicyRelease, PolicySource, load_policies, make_release

NOW = 1_800_000_000
FIELDS_OF_A_TYPE = 20
PURPOSES = 12
DEPARTMENTS = 20


def large_release(fields: int = 10_000, grants: int = 5_000, seed: int = 1) -> PolicyRelease:
    """The delivered policies over a catalogue of so many fields, with so many grants."""
    chance = random.Random(seed)
    names = [coordinate(number) for number in range(fields)]
    types = {name.partition(".")[0]: None for name in names}
    catalogue = {
        "fields": {name: _facts(name, chance) for name in names},
        "types": {
            name: {"owners": {f"d{chance.randrange(DEPARTMENTS)}": True}, "subject": "f0"}
            for name in types
        },
    }
    granted: dict[str, dict[str, dict[str, Any]]] = {}
    for number in range(grants):
        mine = granted.setdefault(f"d{chance.randrange(DEPARTMENTS)}", {})
        mine.setdefault(chance.choice(names), {})[f"g{number}"] = {
            "purposes": {f"p{chance.randrange(PURPOSES)}": True},
            "uses": {"select": True, "filter": chance.random() < 0.5},
            "expires": NOW + chance.randrange(1_000, 10_000_000),
            "level": chance.randrange(1, 5),
        }
    data = {
        "grants": granted,
        "organisations": {f"d{number}": {} for number in range(DEPARTMENTS)},
        "purposes": {f"p{number}": {} for number in range(PURPOSES)},
    }
    return make_release(PolicySource(load_policies().modules, data), catalogue)


def coordinate(number: int) -> str:
    """The name of one of the fields."""
    return f"T{number // FIELDS_OF_A_TYPE}.f{number % FIELDS_OF_A_TYPE}"


def question(size: int, number: int = 0, fields: int = 10_000) -> AccessRequest:
    """A question about so many fields, by the caller of that number."""
    chance = random.Random(number)
    caller = Caller(
        f"c{number}",
        "application",
        f"d{number % DEPARTMENTS}",
        region="990100",
        roles=frozenset({"officer"}),
        clearance=2 + number % 2,
    )
    asker = Asker(caller, f"p{number % PURPOSES}", (), NOW)
    chosen = sorted(chance.sample(range(fields), size))
    asked = {coordinate(each): Uses(select=True) for each in chosen}
    return AccessRequest(asker, OperationFacts("query", "Report"), asked)


def _facts(name: str, chance: random.Random) -> dict[str, Any]:
    return {
        "type": name.partition(".")[0],
        "level": chance.randrange(1, 5),
        "sharing": chance.choice(("UNCONDITIONAL", "CONDITIONAL", "CONDITIONAL", "NOT_SHARED")),
        "owners": {f"d{chance.randrange(DEPARTMENTS)}": True},
    }
