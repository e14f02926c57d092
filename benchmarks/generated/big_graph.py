"""A large federated graph, the same for the same size: what a country's departments may publish.

Each department owns entities, value types, interfaces, enums and inputs, and adds fields to
entities of the departments before it, some of them computed from fields that others hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

ENTITIES = 26
"""Entities that a department owns. With values, interfaces, enums, inputs and regions: 50 types."""
VALUES = 8
INTERFACES = 2
ENUMS = 4
INPUTS = 4
OWN_FIELDS = 10
"""Fields of an entity in its own subgraph, keys included."""
VISITED = 12
"""Entities of other departments to which a department adds a field."""

_HEAD = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: '
    '["@key", "@shareable", "@external", "@requires", "@provides", "@tag"])'
)
_SCALARS = ("String", "Int!", "Float", "Boolean!", "[String!]", "ID")


@dataclass(frozen=True, slots=True)
class Department:
    """One subgraph.

    Attributes:
        sdl: As a department publishes it.
    """

    name: str
    sdl: str


def departments(count: int) -> list[Department]:
    """So many subgraphs, each with 50 types of its own and over 400 fields."""
    return [Department(f"department_{at:03}", "\n".join(_definitions(at))) for at in range(count)]


def query_over(at: int) -> str:
    """A query through three subgraphs: a department's entity, what the next one adds to it and
    computes from it, and an entity of the one before.

    Args:
        at: Neither the first department nor the last.
    """
    visitor = at + 1
    return (
        f"{{ entity{at}x0(id: 1) {{ id code f2 added{visitor} computed{visitor}"
        f" source {{ id name }} other {{ id f3 }} }} }}"
    )


def _definitions(at: int) -> Iterator[str]:
    yield _HEAD
    # Known to all and merged from all.
    yield "type Money @shareable { amount: Float! currency: Currency! }"
    yield "enum Currency { CNY EUR USD }"
    yield "interface Identified { id: ID! }"
    yield "input Page { first: Int = 10 after: String }"
    for number in range(ENUMS):
        yield f"enum Status{at}x{number} {{ OPEN CLOSED PENDING_{number} }}"
    for number in range(INTERFACES):
        yield f"interface Aspect{at}x{number} {{ id: ID! f2: String name: String! }}"
    for number in range(INPUTS):
        yield (
            f"input Filter{at}x{number} {{ code: String status: Status{at}x{number} page: Page"
            " minimum: Int maximum: Int }"
        )
    for number in range(VALUES):
        fields = " ".join(f"v{each}: {_SCALARS[each % 6]}" for each in range(6))
        yield f"type Value{at}x{number} {{ {fields} money: Money }}"
    for number in range(ENTITIES):
        yield _entity(at, number)
    for number in range(VISITED if at else 0):
        yield _visited(at, number)
    roots = "\n".join(
        f"  entity{at}x{each}(id: ID!): Entity{at}x{each}\n"
        f"  find{at}x{each}(by: Filter{at}x{each % INPUTS}): [Entity{at}x{each}!]!"
        for each in range(5)
    )
    yield f"type Query {{\n{roots}\n}}"


def _entity(at: int, number: int) -> str:
    aspect = f"Aspect{at}x{number % INTERFACES}"
    second = ' @key(fields: "code region { number }")' if number % 5 == 0 else ""
    lines = ["id: ID!", "code: String!", "f2: String", "name: String!", "money: Money"]
    lines += [f"f{each}: {_SCALARS[each % 6]}" for each in range(3, OWN_FIELDS - 3)]
    lines.append(f"value(status: Status{at}x{number % ENUMS}): Value{at}x{number % VALUES}")
    lines.append(f"other: Entity{at}x{(number + 1) % ENTITIES}")
    if second:
        lines.append(f"region: Region{at}x{number}")
    # A department refers to entities of the one before it by their keys.
    if at and number < VISITED:
        lines.append(f"source: Entity{at - 1}x{number}")
    body = "\n".join(f"  {line}" for line in lines)
    text = f'type Entity{at}x{number} implements Identified & {aspect} @key(fields: "id"){second}'
    extra = f"\ntype Region{at}x{number} {{ number: Int! title: String }}" if second else ""
    return f"{text} {{\n{body}\n}}{extra}"


def _visited(at: int, number: int) -> str:
    """An entity of the department before, with fields added here."""
    return (
        f'type Entity{at - 1}x{number} @key(fields: "id") {{\n'
        "  id: ID!\n"
        "  f2: String @external\n"
        "  name: String! @external\n"
        f"  added{at}: Int\n"
        f"  history{at}: [Money!]\n"
        f'  computed{at}: String @requires(fields: "f2 name")\n'
        "}"
    )
