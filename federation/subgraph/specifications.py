"""The linked specifications that composition understands, with their definitions.

Source:
    Apollo Federation subgraph specification and its changelog of versions; DESIGN.md section 5 for
    the governance specification.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

FEDERATION_IDENTITY: Final = "https://specs.apollo.dev/federation"
LINK_IDENTITY: Final = "https://specs.apollo.dev/link"
GOVERNANCE_IDENTITY: Final = "https://specs.datong.dev/governance"
GOVERNANCE_URL: Final = f"{GOVERNANCE_IDENTITY}/v1.0"

GRAPHQL: Final = "graphql"
FEDERATION: Final = "federation"
GOVERNANCE: Final = "governance"

NEWEST_FEDERATION: Final = (2, 14)

_ANYWHERE: Final = (
    "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM"
    " | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
)
_OUTPUT: Final = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"


@dataclass(frozen=True, slots=True)
class DirectiveSpecification:
    """A directive of a known specification.

    Attributes:
        name: Canonical, without ``@``.
        signature: Definition without ``directive @name``; ``{FieldSet}`` and the like stand for
            the document's own names of the specification's types.
        since: First version of the federation specification that has it.
        federation_1: Whether documents without ``@link`` have it.
        widened: First version with this signature, and the narrower one before it.
    """

    name: str
    signature: str
    since: tuple[int, int] = (2, 0)
    federation_1: bool = False
    widened: tuple[tuple[int, int], str] | None = None

    def at(self, version: tuple[int, int]) -> DirectiveSpecification:
        """The directive as a version of the federation specification defines it."""
        if self.widened is None or version >= self.widened[0]:
            return self
        return replace(self, signature=self.widened[1], widened=None)


FEDERATION_DIRECTIVES: Final = {
    specification.name: specification
    for specification in (
        DirectiveSpecification(
            "key",
            "(fields: {FieldSet}!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE",
            federation_1=True,
        ),
        DirectiveSpecification(
            "requires", "(fields: {FieldSet}!) on FIELD_DEFINITION", federation_1=True
        ),
        DirectiveSpecification(
            "provides", "(fields: {FieldSet}!) on FIELD_DEFINITION", federation_1=True
        ),
        DirectiveSpecification(
            "external", "(reason: String) on OBJECT | FIELD_DEFINITION", federation_1=True
        ),
        DirectiveSpecification("extends", " on OBJECT | INTERFACE", federation_1=True),
        DirectiveSpecification(
            "tag",
            f"(name: String!) repeatable on {_ANYWHERE} | SCHEMA",
            federation_1=True,
            widened=((2, 3), f"(name: String!) repeatable on {_ANYWHERE}"),
        ),
        DirectiveSpecification(
            "shareable",
            " repeatable on OBJECT | FIELD_DEFINITION",
            widened=((2, 2), " on OBJECT | FIELD_DEFINITION"),
        ),
        DirectiveSpecification("inaccessible", f" on {_ANYWHERE}"),
        DirectiveSpecification(
            "override",
            "(from: String!, label: String) on FIELD_DEFINITION",
            widened=((2, 7), "(from: String!) on FIELD_DEFINITION"),
        ),
        DirectiveSpecification("composeDirective", "(name: String) repeatable on SCHEMA", (2, 1)),
        DirectiveSpecification("interfaceObject", " on OBJECT", (2, 3)),
        DirectiveSpecification("authenticated", f" on {_OUTPUT}", (2, 5)),
        DirectiveSpecification(
            "requiresScopes", f"(scopes: [[{{Scope}}!]!]!) on {_OUTPUT}", (2, 5)
        ),
        DirectiveSpecification("policy", f"(policies: [[{{Policy}}!]!]!) on {_OUTPUT}", (2, 6)),
        DirectiveSpecification(
            "context", "(name: String!) repeatable on INTERFACE | OBJECT | UNION", (2, 8)
        ),
        DirectiveSpecification(
            "fromContext", "(field: {ContextFieldValue}) on ARGUMENT_DEFINITION", (2, 8)
        ),
        DirectiveSpecification(
            "cost",
            "(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION"
            " | INPUT_FIELD_DEFINITION | OBJECT | SCALAR",
            (2, 9),
        ),
        DirectiveSpecification(
            "listSize",
            "(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],"
            " requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
            (2, 9),
        ),
        DirectiveSpecification(
            "cacheTag",
            "(format: String!) repeatable on INTERFACE | OBJECT | FIELD_DEFINITION",
            (2, 12),
        ),
    )
}

GOVERNANCE_DIRECTIVES: Final = {
    specification.name: specification
    for specification in (
        DirectiveSpecification(
            "classified",
            "(level: Int!, category: String) on"
            " OBJECT | INTERFACE | UNION | FIELD_DEFINITION | SCALAR | ENUM",
        ),
        DirectiveSpecification(
            "sharing",
            "(class: {SharingClass}!, condition: String, legalBasis: String)"
            " on OBJECT | INTERFACE | FIELD_DEFINITION",
        ),
        DirectiveSpecification(
            "catalogued",
            "(title: String, code: String, updates: String, theme: String)"
            " on OBJECT | INTERFACE | FIELD_DEFINITION",
        ),
        DirectiveSpecification("sourceOfRecord", " on OBJECT | FIELD_DEFINITION"),
        DirectiveSpecification("dataSubject", " on OBJECT | FIELD_DEFINITION"),
        DirectiveSpecification("regionCode", " on FIELD_DEFINITION"),
        DirectiveSpecification(
            "filters",
            "(field: String!, use: {FilterUse} = FILTER) repeatable on"
            " ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE",
        ),
        DirectiveSpecification(
            "derivedFrom", "(type: String!) repeatable on FIELD_DEFINITION | OBJECT"
        ),
        DirectiveSpecification(
            "derivation",
            "(of: String!, by: String!, level: Int!) repeatable on OBJECT | FIELD_DEFINITION",
        ),
    )
}

# Specifications that may be linked by themselves, each with the one federation directive it holds.
_SINGLE: Final = {
    "https://specs.apollo.dev/tag": ("tag",),
    "https://specs.apollo.dev/inaccessible": ("inaccessible",),
    "https://specs.apollo.dev/authenticated": ("authenticated",),
    "https://specs.apollo.dev/requiresScopes": ("requiresScopes",),
    "https://specs.apollo.dev/policy": ("policy",),
    "https://specs.apollo.dev/cost": ("cost", "listSize"),
    "https://specs.apollo.dev/context": ("context",),
    "https://specs.apollo.dev/cacheTag": ("cacheTag",),
}

# Versions of all other specifications; those of federation are a range.
KNOWN_VERSIONS: Final = {
    LINK_IDENTITY: ((1, 0),),
    GOVERNANCE_IDENTITY: ((1, 0),),
    "https://specs.apollo.dev/tag": ((0, 1), (0, 2), (0, 3)),
    "https://specs.apollo.dev/inaccessible": ((0, 1), (0, 2)),
    "https://specs.apollo.dev/authenticated": ((0, 1),),
    "https://specs.apollo.dev/requiresScopes": ((0, 1),),
    "https://specs.apollo.dev/policy": ((0, 1),),
    "https://specs.apollo.dev/cost": ((0, 1),),
    "https://specs.apollo.dev/context": ((0, 1),),
    "https://specs.apollo.dev/cacheTag": ((0, 1),),
}

TYPES: Final = {
    FEDERATION: ("FieldSet", "Scope", "Policy", "ContextFieldValue"),
    GOVERNANCE: ("SharingClass", "FilterUse"),
    "link": ("Import", "Purpose"),
}

MACHINERY_TYPES: Final = frozenset({"_Any", "_Entity", "_Service", "_FieldSet"})
MACHINERY_FIELDS: Final = frozenset({"_service", "_entities"})


def directives_of_specification(
    identity: str, version: tuple[int, int] | None
) -> dict[str, DirectiveSpecification]:
    """Directives that a linked specification offers, by canonical name; empty when unknown."""
    if identity == FEDERATION_IDENTITY:
        at = version or (2, 0)
        return {
            name: each.at(at) for name, each in FEDERATION_DIRECTIVES.items() if each.since <= at
        }
    if identity == GOVERNANCE_IDENTITY:
        return GOVERNANCE_DIRECTIVES
    return {name: FEDERATION_DIRECTIVES[name] for name in _SINGLE.get(identity, ())}


def types_of_specification(identity: str) -> tuple[str, ...]:
    """Types that a linked specification offers."""
    if identity == FEDERATION_IDENTITY:
        return TYPES[FEDERATION]
    if identity == GOVERNANCE_IDENTITY:
        return TYPES[GOVERNANCE]
    if identity == LINK_IDENTITY:
        return TYPES["link"]
    if identity in _SINGLE:
        return TYPES[FEDERATION]
    return ()


def specification_of(identity: str) -> str:
    """The ``Directive.specification`` of a linked specification; empty when unknown."""
    if identity == GOVERNANCE_IDENTITY:
        return GOVERNANCE
    return FEDERATION if identity == FEDERATION_IDENTITY or identity in _SINGLE else ""
