"""Registers of a city: people, where they live, and what is known of the house.

Three subgraphs in a chain: a person's home is known to another department, the home's street to a
third one. Long lists and large answers come from the first alone.
"""

from __future__ import annotations

from typing import Any

from benchmarks.gateways.scenarios.scenario import Row, Scenario

_SDL = {
    "people": """
      type Query {
        person(id: ID!): Person
        people(first: Int!): [Person!]
        archive(megabytes: Int!): [Person!]
      }
      type Mutation { rename(id: ID!, name: String!): Person }
      type Person @key(fields: "id") { id: ID!  name: String  bio: String }
    """,
    "homes": """
      type Person @key(fields: "id") { id: ID!  home: Home }
      type Home @key(fields: "code") { code: ID! }
    """,
    "places": """
      type Home @key(fields: "code") { code: ID!  street: String  rooms: Int }
    """,
}
_BIO = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. " * 15
_PEOPLE_OF_A_MEGABYTE = 1_100


def _person(key: str) -> dict[str, Any]:
    return {
        "__typename": "Person",
        "id": key,
        "name": f"Person {key}",
        "bio": _BIO,
        "home": {"__typename": "Home", "code": f"h{key}"},
    }


def _people(count: int) -> list[Row]:
    return [_person(str(at)) for at in range(count)]


def _entity(_: str, sent: Row) -> Row:
    if sent["__typename"] == "Person":
        return _person(sent["id"])
    return {**sent, "street": f"Street {sent['code']}", "rooms": 3}


REGISTERS = Scenario(
    name="registers",
    sdl=_SDL,
    entity=_entity,
    roots={
        "people": {
            "person": lambda _, id: _person(id),  # noqa: A006 - the argument's name
            "people": lambda _, first: _people(first),
            "archive": lambda _, megabytes: _people(megabytes * _PEOPLE_OF_A_MEGABYTE),
            "rename": lambda _, id, name: {**_person(id), "name": name},  # noqa: A006
        }
    },
)
