"""A small graph of three departments, and decisions on it made by hand."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

from graphql import GraphQLSchema

from federation.access import (
    AccessIndex,
    AccessRequest,
    Asker,
    Caller,
    ConsentFact,
    Decision,
    Effect,
    Mode,
    Restriction,
    Verdict,
    ask,
    build_access_index,
    read_condition,
    restrict,
)
from federation.composition import compose
from federation.operation import Limits, Operation, parse_operation
from federation.subgraph import load_subgraph
from federation.supergraph import Supergraph, build_api_schema
from tests.support.decided import decided

_HEAD = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@requires", "@external",
    "@shareable", "@interfaceObject", "@inaccessible", "@composeDirective"])
  @link(url: "https://specs.datong.dev/governance/v1.0", as: "datong", import: ["@classified",
    "@sharing", "@filters", "@derivedFrom", "@dataSubject", "@regionCode", "@derivation"])
  @composeDirective(name: "@classified") @composeDirective(name: "@sharing")
  @composeDirective(name: "@filters") @composeDirective(name: "@derivedFrom")
  @composeDirective(name: "@dataSubject") @composeDirective(name: "@regionCode")
  @composeDirective(name: "@derivation")
directive @classified(level: Int!, category: String) on
  OBJECT | INTERFACE | UNION | FIELD_DEFINITION | SCALAR | ENUM
directive @sharing(class: datong__SharingClass!, condition: String, legalBasis: String) on
  OBJECT | INTERFACE | FIELD_DEFINITION
enum datong__SharingClass { UNCONDITIONAL CONDITIONAL NOT_SHARED }
directive @dataSubject on OBJECT | FIELD_DEFINITION
directive @regionCode on FIELD_DEFINITION
directive @filters(field: String!, use: datong__FilterUse = FILTER) repeatable on
  ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
enum datong__FilterUse { FILTER SORT }
directive @derivedFrom(type: String!) repeatable on FIELD_DEFINITION | OBJECT
directive @derivation(of: String!, by: String!, level: Int!) repeatable on OBJECT | FIELD_DEFINITION
"""

PEOPLE = (
    _HEAD
    + """
type Query {
  citizen(idNumber: ID! @filters(field: "Citizen.idNumber")): Citizen
  citizens(
    first: Int, where: CitizenFilter, orderBy: CitizenOrder, mystery: String
  ): CitizenConnection!
  ranked(by: Ranking): [Citizen!]!
  sorted(
    by: CitizenColumn = BORN, like: CitizenFilter = {name: "N"}, odd: String = "x"
  ): [Citizen!]!
  party(id: ID!): Party
  things: [Thing!]!
  headcount: Int
}
type Mutation { rename(idNumber: ID!, name: String!): Citizen }
input CitizenFilter {
  name: String @filters(field: "Citizen.name")
  born: DateRange @filters(field: "Citizen.birthDate")
  odd: String
  and: [CitizenFilter!]
}
input DateRange { from: String, to: String }
input CitizenOrder { by: CitizenColumn!, direction: Direction, kind: Kind }
input Ranking {
  by: CitizenColumn = BORN
  direction: Direction
  filter: CitizenFilter = {name: "N"}
  note: String = null @filters(field: "Citizen.nick")
}
enum CitizenColumn {
  NAME @filters(field: "Citizen.name", use: SORT)
  BORN @filters(field: "Citizen.birthDate", use: SORT)
}
enum Direction { ASC DESC }
enum Kind { RICH POOR }
type CitizenConnection {
  edges: [CitizenEdge!]!
  totalCount: Int! @derivedFrom(type: "Citizen")
}
type CitizenEdge { node: Citizen!, cursor: String! }
type Citizen @key(fields: "idNumber") @classified(level: 2) @sharing(class: CONDITIONAL) {
  idNumber: ID! @classified(level: 3) @dataSubject
  name: String!
  nick: String
  birthDate: String
  regionCode: String! @regionCode @classified(level: 1) @sharing(class: UNCONDITIONAL)
  tags: [String!]
  father: Citizen
  worth: Money
}
scalar Money
union Party = Citizen | Firm
type Firm @key(fields: "code") @classified(level: 1) { code: ID!, name: String, owner: Citizen }
interface Thing { id: ID!, label: String }
type Car implements Thing @key(fields: "id") @classified(level: 1) { id: ID!, label: String }
type Boat implements Thing @key(fields: "id") @classified(level: 3) { id: ID!, label: String }
"""
)

FUND = (
    _HEAD
    + """
type Citizen @key(fields: "idNumber") {
  idNumber: ID!
  income: Int @external
  limit: Int @requires(fields: "income") @classified(level: 2)
  limitBase: Int @requires(fields: "income") @classified(level: 4)
  account: Account
}
type Account @key(fields: "number") @classified(level: 2) @sharing(class: CONDITIONAL) {
  number: ID!
  owner: ID! @dataSubject
  balance: Int
  holder: Citizen
}
"""
)

TAX = (
    _HEAD
    + """
type Query { firms: [Firm!]! }
type Citizen @key(fields: "idNumber") {
  idNumber: ID!
  income: Int @classified(level: 4) @sharing(class: NOT_SHARED, legalBasis: "tax law")
    @derivation(of: "Citizen.limit", by: "fund", level: 2)
  limitBase: Int @external
  bonus: Int @requires(fields: "limitBase")
    @classified(level: 4) @sharing(class: UNCONDITIONAL)
}
type Firm @key(fields: "code") @classified(level: 1) {
  code: ID!
  taxed: Int
  citizens: [Citizen!]!
}
"""
)

NOW = 1_800_000_000
CALLER = Caller("me", "person", "office", clearance=3)
CONSENT = ConsentFact("c", "S", "p", frozenset({"Citizen.name"}), NOW + 60)


@lru_cache
def supergraph() -> Supergraph:
    composition = compose(
        load_subgraph(name, f"http://{name}", sdl)
        for name, sdl in (("people", PEOPLE), ("fund", FUND), ("tax", TAX))
    )
    assert composition.supergraph is not None, [each.message for each in composition.diagnostics]
    return composition.supergraph


@lru_cache
def api() -> GraphQLSchema:
    return build_api_schema(supergraph())


@lru_cache
def index() -> AccessIndex:
    return build_access_index(supergraph(), api())


def operation(text: str) -> Operation:
    return parse_operation(text, api(), None, Limits()).operation


def question(
    text: str, variables: Mapping[str, Any] | None = None, consents: tuple[ConsentFact, ...] = ()
) -> AccessRequest:
    asker = Asker(CALLER, "p", consents, NOW)
    return ask(operation(text), variables or {}, asker, index())


def uses(text: str, variables: Mapping[str, Any] | None = None) -> dict[str, list[str]]:
    """Coordinates that the operation asks, each with its uses; a join with what it feeds."""
    return {
        name: [f"join {' '.join(asked.join)}" if use == "join" else use for use in asked.names()]
        for name, asked in question(text, variables).fields.items()
    }


def decide(request: AccessRequest, **changes: Any) -> Decision:
    """Everything allowed, but for ``denied``, ``masked`` and ``consented`` uses.

    Args:
        request: The question.
        changes: ``denied``: texts such as ``Citizen.name`` or ``Citizen.name filter``; ``masked``:
            coordinate to mask; ``consented``: coordinates allowed for consent; ``filters``: type to
            condition tree.
    """
    denied, masked = changes.get("denied", ()), changes.get("masked", {})
    verdicts = {}
    for name, asked in request.fields.items():
        for use in asked.names():
            verdict = Verdict(Effect.ALLOW, ("open",), "test")
            if name in changes.get("consented", ()):
                verdict = Verdict(Effect.ALLOW, ("consent", "grant:g"), "test")
            if name in masked and use == "select":
                verdict = Verdict(Effect.MASK, ("open",), "test", masked[name])
            if f"{name} {use}" in denied or (use == "select" and name in denied):
                verdict = Verdict(Effect.DENY, ("no",), "test")
            verdicts[name, use] = verdict
    filters = {name: read_condition(tree) for name, tree in changes.get("filters", {}).items()}
    subjects = frozenset(consent.subject for consent in request.asker.consents)
    return Decision(verdicts, filters, "r1", subjects)


def restricted(
    text: str,
    variables: Mapping[str, Any] | None = None,
    mode: Mode = Mode.PRUNE,
    consents: tuple[ConsentFact, ...] = (),
    **changes: Any,
) -> Restriction:
    """The operation under a decision made by ``decide``."""
    request = question(text, variables, consents)
    decision = decided(request, index(), partial(decide, **changes))
    return restrict(operation(text), variables or {}, decision, index(), mode)


def refused(restriction: Restriction) -> dict[str, str]:
    """Response path of each refusal, to the reasons told."""
    return {
        ".".join(refusal.path): " ".join(refusal.error.extensions["reasons"])
        for refusal in restriction.refusals
    }
