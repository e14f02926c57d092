"""What strawberry cannot express, added to the SDL that it prints.

- ``totalCount`` of each connection gets ``@derivedFrom(type: its node type)``: strawberry gives all
  forms of a generic type the same directives.
- Defaults that are null say nothing and go.
- Federation's own machinery (``_entities``, ``_service``, ``_Any``, ``_Entity``, ``_Service``) goes:
  it belongs to every subgraph and is no part of the department's graph.
"""

from typing import Any

from graphql import (
    ArgumentNode,
    ConstDirectiveNode,
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
        if isinstance(node, InputValueDefinitionNode) and isinstance(
            node.default_value, NullValueNode
        ):
            return _with(node, default_value=None)
        if isinstance(node, ObjectTypeDefinitionNode) and name in self._node_types:
            fields = tuple(self._count(each, self._node_types[name]) for each in node.fields or ())
            return _with(node, fields=fields)
        return None

    @staticmethod
    def _count(field: FieldDefinitionNode, node_type: str) -> FieldDefinitionNode:
        if field.name.value != "totalCount":
            return field
        argument = ArgumentNode(name=NameNode(value="type"), value=StringValueNode(value=node_type))
        derived = ConstDirectiveNode(name=NameNode(value="derivedFrom"), arguments=(argument,))
        return _with(field, directives=(*(field.directives or ()), derived))


def _with(node: Any, **changes: Any) -> Any:
    """A copy of the node with other parts: nodes are values here."""
    parts = {key: getattr(node, key) for key in node.keys if key != "loc"}
    return type(node)(**{**parts, **changes})
