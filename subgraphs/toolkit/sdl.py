"""What strawberry cannot express, added to the SDL that it prints.

- ``totalCount`` of each connection is ``@derivedFrom`` its own node type: strawberry gives all
  forms of a generic type the same directives, so it prints a placeholder.
- The governance specification is linked ``as: "datong"``, the prefix of the two enums that only
  its directives use, so that composition knows them for part of the specification.
- Defaults that are null say nothing and go.
- Federation's own machinery (``_entities``, ``_service`` and their types) goes: it belongs to every
  subgraph and is no part of the department's graph.
"""

from typing import Any

from graphql import (
    ConstArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    InputValueDefinitionNode,
    NamedTypeNode,
    NameNode,
    NullValueNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    Visitor,
    parse,
    print_ast,
    visit,
)
from graphql.language import REMOVE

from subgraphs.toolkit.governance import GOVERNANCE_URL

_MACHINERY = {"_Any", "_Entity", "_Service", "_entities", "_service"}


def finish_sdl(sdl: str) -> str:
    """The SDL that a department publishes, from the one that strawberry prints."""
    document = parse(sdl, no_location=True)
    finished: DocumentNode = visit(document, _Finish(_node_types(document)))
    return print_ast(finished) + "\n"


def _node_types(document: DocumentNode) -> dict[str, str]:
    """Node type of each connection's name: CitizenConnection holds Citizen."""
    names = {
        definition.name.value
        for definition in document.definitions
        if isinstance(definition, ObjectTypeDefinitionNode)
    }
    suffix = "Connection"
    return {name: name.removesuffix(suffix) for name in names if name.endswith(suffix)}


class _Finish(Visitor):
    def __init__(self, node_types: dict[str, str]) -> None:
        super().__init__()
        self._node_types = node_types

    def enter(self, node: Any, *_: Any) -> Any:
        name = getattr(getattr(node, "name", None), "value", None)
        if name in _MACHINERY and not isinstance(node, NamedTypeNode | DirectiveNode):
            return REMOVE
        if isinstance(node, DirectiveNode):
            return _name_link(node)
        if isinstance(node, InputValueDefinitionNode) and isinstance(
            node.default_value, NullValueNode
        ):
            return _with(node, default_value=None)
        if isinstance(node, ObjectTypeDefinitionNode) and name in self._node_types:
            fields = tuple(self._derive(each, self._node_types[name]) for each in node.fields or ())
            return _with(node, fields=fields)
        return None

    @staticmethod
    def _derive(field: FieldDefinitionNode, node_type: str) -> FieldDefinitionNode:
        argument = ConstArgumentNode(
            name=NameNode(value="type"), value=StringValueNode(value=node_type)
        )
        directives = tuple(
            _with(each, arguments=(argument,)) if each.name.value == "derivedFrom" else each
            for each in field.directives or ()
        )
        derived: FieldDefinitionNode = _with(field, directives=directives)
        return derived


def _name_link(directive: DirectiveNode) -> DirectiveNode | None:
    """The governance link with its prefix; None leaves every other directive as it is."""
    arguments = directive.arguments or ()
    links_governance = any(
        each.name.value == "url" and print_ast(each.value) == f'"{GOVERNANCE_URL}"'
        for each in arguments
    )
    if directive.name.value != "link" or not links_governance:
        return None
    prefix = ConstArgumentNode(name=NameNode(value="as"), value=StringValueNode(value="datong"))
    named: DirectiveNode = _with(directive, arguments=(*arguments, prefix))
    return named


def _with(node: Any, **changes: Any) -> Any:
    """A copy of the node with other parts: nodes are values here."""
    parts = {key: getattr(node, key) for key in node.keys if key != "loc"}
    return type(node)(**{**parts, **changes})
