# ruff: noqa: E501 - definitions stand as other tools print them, one to a line
"""Definitions that a supergraph SDL holds for its own machinery.

Source:
    Join specification 0.1 to 0.5; link specification 1.0; DESIGN.md section 5 for governance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LINK_URL: Final = "https://specs.apollo.dev/link/v1.0"
JOIN_URL: Final = "https://specs.apollo.dev/join/v0.5"

BUILT_IN_DIRECTIVES: Final = frozenset({"deprecated", "specifiedBy", "oneOf", "skip", "include"})

LINK_DEFINITIONS: Final = """\
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA

scalar link__Import

enum link__Purpose {
  \"\"\"
  `SECURITY` features provide metadata necessary to securely resolve fields.
  \"\"\"
  SECURITY

  \"\"\"
  `EXECUTION` features provide metadata necessary for operation execution.
  \"\"\"
  EXECUTION
}
"""

JOIN_DEFINITIONS: Final = """\
directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION

directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE

directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String, contextArguments: [join__ContextArgument!]) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION

directive @join__graph(name: String!, url: String!) on ENUM_VALUE

directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE

directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR

directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION

input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}

scalar join__DirectiveArguments

scalar join__FieldSet

scalar join__FieldValue
"""


@dataclass(frozen=True, slots=True)
class LinkedSpecification:
    """A specification whose directives a supergraph may apply.

    Attributes:
        identity: URL without version.
        url: As printed.
        purpose: ``for`` of its link.
        directives: Canonical name to definition without ``directive @name``.
        types: SDL of its own types, under its own prefix.
    """

    identity: str
    url: str
    purpose: str | None
    directives: dict[str, str]
    types: str = ""

    @property
    def name(self) -> str:
        """Last part of the identity, the prefix of its elements."""
        return self.identity.rpartition("/")[2]


_ANYWHERE: Final = (
    "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM"
    " | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
)
_OUTPUT: Final = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"


def _apollo(
    name: str, version: str, purpose: str | None, directives: dict[str, str], types: str = ""
) -> LinkedSpecification:
    identity = f"https://specs.apollo.dev/{name}"
    return LinkedSpecification(identity, f"{identity}/{version}", purpose, directives, types)


LINKED: Final = (
    _apollo("tag", "v0.3", None, {"tag": f"(name: String!) repeatable on {_ANYWHERE} | SCHEMA"}),
    _apollo("inaccessible", "v0.2", "SECURITY", {"inaccessible": f" on {_ANYWHERE}"}),
    _apollo("authenticated", "v0.1", "SECURITY", {"authenticated": f" on {_OUTPUT}"}),
    _apollo(
        "requiresScopes",
        "v0.1",
        "SECURITY",
        {"requiresScopes": f"(scopes: [[requiresScopes__Scope!]!]!) on {_OUTPUT}"},
        "scalar requiresScopes__Scope\n",
    ),
    _apollo(
        "policy",
        "v0.1",
        "SECURITY",
        {"policy": f"(policies: [[policy__Policy!]!]!) on {_OUTPUT}"},
        "scalar policy__Policy\n",
    ),
    _apollo(
        "context",
        "v0.1",
        "SECURITY",
        {"context": "(name: String!) repeatable on INTERFACE | OBJECT | UNION"},
    ),
    _apollo(
        "cost",
        "v0.1",
        None,
        {
            "cost": "(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION"
            " | INPUT_FIELD_DEFINITION | OBJECT | SCALAR",
            "listSize": "(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],"
            " requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
        },
    ),
    _apollo(
        "cacheTag",
        "v0.1",
        None,
        {"cacheTag": "(format: String!) repeatable on INTERFACE | OBJECT | FIELD_DEFINITION"},
    ),
    # Composition adds `subgraph`: who declared it. A subgraph's own SDL cannot give it.
    LinkedSpecification(
        "https://specs.datong.dev/governance",
        "https://specs.datong.dev/governance/v1.0",
        None,
        {
            "classified": "(level: Int!, category: String) on"
            " OBJECT | INTERFACE | UNION | FIELD_DEFINITION | SCALAR | ENUM",
            "sharing": "(class: governance__SharingClass!, condition: String, legalBasis: String)"
            " on OBJECT | INTERFACE | FIELD_DEFINITION",
            "catalogued": "(title: String, code: String, updates: String, theme: String)"
            " on OBJECT | INTERFACE | FIELD_DEFINITION",
            "sourceOfRecord": "(subgraph: String) on OBJECT | FIELD_DEFINITION",
            "dataSubject": " on OBJECT | FIELD_DEFINITION",
            "regionCode": " on FIELD_DEFINITION",
            "filters": "(field: String!, use: governance__FilterUse = FILTER) repeatable on"
            " ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE",
            "derivedFrom": "(type: String!) repeatable on FIELD_DEFINITION | OBJECT",
            "derivation": "(of: String!, by: String!, level: Int!, subgraph: String) repeatable"
            " on OBJECT | FIELD_DEFINITION",
        },
        # Enums in subgraphs; here scalars, since other gateways ask who defines each enum.
        "scalar governance__FilterUse\n\nscalar governance__SharingClass\n",
    ),
)

BY_IDENTITY: Final = {each.identity: each for each in LINKED}
BY_DIRECTIVE: Final = {name: each for each in LINKED for name in each.directives}
