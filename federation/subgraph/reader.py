"""AST nodes of one document to model values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ListValueNode,
    Node,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    ValueNode,
    print_ast,
)

from federation.errors import SourceLocation
from federation.field_set import print_field_set, print_literal, read_field_set
from federation.subgraph.links import Names
from federation.subgraph.model import (
    Directive,
    DirectiveDefinition,
    EnumValue,
    Field,
    InputValue,
    Kind,
    Type,
)
from federation.subgraph.specifications import FEDERATION

_KINDS: dict[str, Kind] = {
    "scalar": Kind.SCALAR,
    "object": Kind.OBJECT,
    "interface": Kind.INTERFACE,
    "union": Kind.UNION,
    "enum": Kind.ENUM,
    "input_object": Kind.INPUT_OBJECT,
}
_FIELD_SETS = frozenset({"key", "requires", "provides"})
_TypeNode: TypeAlias = TypeDefinitionNode | TypeExtensionNode


class Reader:
    """Reads one document.

    Attributes:
        subgraph: Name for locations.
        names: What the document's directive names mean.
        file: Path for locations.
    """

    def __init__(self, subgraph: str, names: Names, file: str) -> None:
        self.subgraph = subgraph
        self.names = names
        self.file = file

    def types(self, document: DocumentNode) -> dict[str, Type]:
        """All named types, each with its extensions united, in order of first mention."""
        nodes: dict[str, list[_TypeNode]] = {}
        for node in document.definitions:
            if isinstance(node, TypeDefinitionNode | TypeExtensionNode):
                nodes.setdefault(node.name.value, []).append(node)
        return {name: self._type(name, each) for name, each in nodes.items()}

    def directives(
        self, nodes: Iterable[DirectiveNode] | None, *, on_extension: bool = False
    ) -> Iterator[Directive]:
        """Applied directives under their canonical names."""
        for node in nodes or ():
            specification, name = self.names.directives.get(node.name.value, ("", node.name.value))
            is_field_set = specification == FEDERATION and name in _FIELD_SETS
            yield Directive(
                name=name,
                arguments=tuple(
                    (
                        argument.name.value,
                        _field_set_literal(argument.value)
                        if is_field_set and argument.name.value == "fields"
                        else print_literal(argument.value),
                    )
                    for argument in node.arguments or ()
                ),
                location=self._location(node),
                specification=specification,
                on_extension=on_extension,
            )

    def directive_definition(self, node: DirectiveDefinitionNode) -> DirectiveDefinition:
        """A directive definition of the document's own."""
        return DirectiveDefinition(
            name=node.name.value,
            definition=print_ast(node),
            locations=tuple(each.value for each in node.locations),
            is_repeatable=node.repeatable,
            arguments=tuple(self._input_value(each) for each in node.arguments or ()),
            location=self._location(node),
            description=_description(node),
        )

    def _location(self, node: Node) -> SourceLocation:
        """Where the node's name stands, which is past its description."""
        name = getattr(node, "name", None)
        loc = name.loc if isinstance(name, Node) else node.loc
        token = loc.start_token if loc else None
        line, column = (token.line, token.column) if token else (0, 0)
        return SourceLocation(self.subgraph, line, column, self.file)

    def _type(self, name: str, nodes: list[_TypeNode]) -> Type:
        # The definition speaks first, wherever it stands among its extensions.
        nodes = sorted(nodes, key=lambda node: isinstance(node, TypeExtensionNode))
        directives: list[Directive] = []
        external = tuple(
            each
            for node in nodes
            for each in self.directives(node.directives)
            if each.specification == FEDERATION and each.name == "external"
        )
        fields: dict[str, Field] = {}
        input_fields: dict[str, InputValue] = {}
        values: dict[str, EnumValue] = {}
        interfaces: list[str] = []
        members: list[str] = []
        for node in nodes:
            on_extension = isinstance(node, TypeExtensionNode)
            own = tuple(self.directives(node.directives, on_extension=on_extension))
            directives += own
            if isinstance(
                node,
                ObjectTypeDefinitionNode
                | ObjectTypeExtensionNode
                | InterfaceTypeDefinitionNode
                | InterfaceTypeExtensionNode,
            ):
                # On a type, @shareable speaks of the fields of that very definition only.
                shareable = tuple(
                    each
                    for each in own
                    if each.specification == FEDERATION and each.name == "shareable"
                )
                interfaces += [each.name.value for each in node.interfaces or ()]
                for field_node in node.fields or ():
                    field = self._field(field_node, (*shareable, *external))
                    fields[field.name] = field
            elif isinstance(node, InputObjectTypeDefinitionNode | InputObjectTypeExtensionNode):
                input_fields |= {
                    each.name.value: self._input_value(each) for each in node.fields or ()
                }
            elif isinstance(node, EnumTypeDefinitionNode | EnumTypeExtensionNode):
                for value in node.values or ():
                    values[value.name.value] = EnumValue(
                        value.name.value,
                        _description(value),
                        tuple(self.directives(value.directives)),
                        self._location(value),
                    )
            elif isinstance(node, UnionTypeDefinitionNode | UnionTypeExtensionNode):
                members += [each.name.value for each in node.types or ()]
        first = nodes[0]
        return Type(
            kind=_kind(first),
            name=name,
            description=_description(first) if isinstance(first, TypeDefinitionNode) else None,
            directives=tuple(directives),
            interfaces=tuple(dict.fromkeys(interfaces)),
            fields=fields,
            input_fields=input_fields,
            values=values,
            members=tuple(dict.fromkeys(members)),
            is_extension=isinstance(first, TypeExtensionNode)
            or any(each.name == "extends" and each.specification for each in directives),
            locations=tuple(map(self._location, nodes)),
        )

    def _field(self, node: FieldDefinitionNode, spread: tuple[Directive, ...]) -> Field:
        own = tuple(self.directives(node.directives))
        present = {each.name for each in own if each.specification}
        return Field(
            name=node.name.value,
            type=print_ast(node.type),
            arguments=tuple(self._input_value(each) for each in node.arguments or ()),
            description=_description(node),
            directives=(*own, *(each for each in spread if each.name not in present)),
            location=self._location(node),
        )

    def _input_value(self, node: InputValueDefinitionNode) -> InputValue:
        return InputValue(
            name=node.name.value,
            type=print_ast(node.type),
            default=None if node.default_value is None else print_literal(node.default_value),
            description=_description(node),
            directives=tuple(self.directives(node.directives)),
            location=self._location(node),
        )


def _kind(node: _TypeNode) -> Kind:
    return _KINDS[
        node.kind.removesuffix("_definition").removesuffix("_extension").removesuffix("_type")
    ]


def _description(
    node: TypeDefinitionNode | FieldDefinitionNode | InputValueDefinitionNode | Node,
) -> str | None:
    description = getattr(node, "description", None)
    return description.value if isinstance(description, StringValueNode) else None


def _field_set_literal(node: ValueNode) -> str:
    """The canonical string literal of a field set; federation 1 lets it be a list of texts."""
    parts = node.values if isinstance(node, ListValueNode) else (node,)
    texts = [part.value for part in parts if isinstance(part, StringValueNode)]
    if len(texts) != len(parts):
        return print_literal(node)
    text = " ".join(texts)
    try:
        # Reading drops directives, which a rule must see to report them.
        text = text if "@" in text else print_field_set(read_field_set(text))
    except ValueError:
        # Reported with its place by a rule; here it only stays as it is.
        text = text.strip()
    return print_literal(StringValueNode(value=text))
