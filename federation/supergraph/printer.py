"""Supergraph to join-spec SDL that other federation gateways read as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graphql import StringValueNode, print_ast

from federation.supergraph.model import (
    AppliedDirective,
    EnumType,
    EnumValue,
    FieldDefinition,
    InputObjectType,
    InputValue,
    InterfaceType,
    JoinField,
    JoinType,
    Link,
    ObjectType,
    ScalarType,
    Supergraph,
    TypeDefinition,
    UnionType,
)
from federation.supergraph.specifications import (
    BY_IDENTITY,
    JOIN_DEFINITIONS,
    JOIN_URL,
    LINK_DEFINITIONS,
    LINK_URL,
)


def print_supergraph(supergraph: Supergraph) -> str:
    """The supergraph SDL: equal supergraphs give equal bytes.

    Written for join 0.5 and link 1.0. Types stand in order of name.
    """
    printer = _Printer({graph.name: graph.enum for graph in supergraph.graphs})
    blocks = [
        _print_schema(supergraph),
        LINK_DEFINITIONS.strip(),
        JOIN_DEFINITIONS.strip(),
        _print_graphs(supergraph),
    ]
    for link in supergraph.links:
        known = BY_IDENTITY.get(link.url.rpartition("/")[0])
        if known is not None:
            applied = _applied_names(supergraph)
            blocks += [
                f"directive @{name}{signature}"
                for name, signature in known.directives.items()
                if name in applied
            ]
            blocks += [known.types.strip()] if known.types else []
    blocks += [each.definition.strip() for each in supergraph.directive_definitions]
    blocks += [printer.type(each) for each in supergraph.types.values()]
    return "\n\n".join(blocks) + "\n"


def _applied_names(supergraph: Supergraph) -> frozenset[str]:
    names = {each.name for each in supergraph.schema_directives}
    for definition in supergraph.types.values():
        names.update(each.name for each in directives_on(definition))
    return frozenset(names)


def directives_on(definition: TypeDefinition) -> Iterator[AppliedDirective]:
    """Every directive applied to the type or anything inside it, with repetitions."""
    yield from definition.directives
    if isinstance(definition, ObjectType | InterfaceType):
        for field in definition.fields.values():
            yield from field.directives
            for argument in field.arguments:
                yield from argument.directives
    elif isinstance(definition, InputObjectType):
        for value in definition.fields.values():
            yield from value.directives
    elif isinstance(definition, EnumType):
        for each in definition.values:
            yield from each.directives


def quote(text: str) -> str:
    """A GraphQL string literal."""
    return print_ast(StringValueNode(value=text))


def _print_schema(supergraph: Supergraph) -> str:
    links = [Link(LINK_URL), Link(JOIN_URL, purpose="EXECUTION"), *supergraph.links]
    lines = ["schema", *(f"  {_print_link(link)}" for link in links)]
    lines += [f"  {print_directive(each)}" for each in supergraph.schema_directives]
    lines += ["{", *(f"  {kind}: {name}" for kind, name in supergraph.roots.items()), "}"]
    return "\n".join(lines)


def _print_link(link: Link) -> str:
    parts = [f"url: {quote(link.url)}"]
    if link.namespace is not None:
        parts.append(f"as: {quote(link.namespace)}")
    if link.purpose is not None:
        parts.append(f"for: {link.purpose}")
    if link.imports:
        imports = ", ".join(
            quote(name) if name == local else f"{{name: {quote(name)}, as: {quote(local)}}}"
            for name, local in link.imports
        )
        parts.append(f"import: [{imports}]")
    return f"@link({', '.join(parts)})"


def _print_graphs(supergraph: Supergraph) -> str:
    values = "".join(
        f"  {graph.enum} @join__graph(name: {quote(graph.name)}, url: {quote(graph.url)})\n"
        for graph in supergraph.graphs
    )
    return f"enum join__Graph {{\n{values}}}"


def print_directive(directive: AppliedDirective) -> str:
    """A directive as it stands in SDL."""
    if not directive.arguments:
        return f"@{directive.name}"
    arguments = ", ".join(f"{name}: {value}" for name, value in directive.arguments)
    return f"@{directive.name}({arguments})"


def print_description(description: str | None, indent: str = "") -> str:
    """The block string before a definition, with its line break; empty without a description."""
    if description is None:
        return ""
    block = print_ast(StringValueNode(value=description, block=True))
    return "".join(f"{indent}{line}\n" if line else "\n" for line in block.split("\n"))


@dataclass(frozen=True, slots=True)
class _Printer:
    """Prints types.

    Attributes:
        enums: Subgraph name to its value of ``join__Graph``.
    """

    enums: Mapping[str, str]

    def type(self, definition: TypeDefinition) -> str:
        head = print_description(definition.description)
        if isinstance(definition, ScalarType):
            return head + self._head(f"scalar {definition.name}", definition, ())
        if isinstance(definition, ObjectType | InterfaceType):
            return head + self._composite(definition)
        if isinstance(definition, UnionType):
            lines = (
                f'@join__unionMember(graph: {self.enums[graph]}, member: "{member}")'
                for graph, member in definition.members
            )
            members = " | ".join(definition.member_types)
            return (
                f"{head}{self._head(f'union {definition.name}', definition, lines)}\n  = {members}"
            )
        if isinstance(definition, EnumType):
            values = "".join(map(self._enum_value, definition.values))
            return f"{head}{self._head(f'enum {definition.name}', definition, ())}\n{{\n{values}}}"
        fields = "".join(self._input(each) + "\n" for each in definition.fields.values())
        return f"{head}{self._head(f'input {definition.name}', definition, ())}\n{{\n{fields}}}"

    def _composite(self, definition: ObjectType | InterfaceType) -> str:
        keyword = "type" if isinstance(definition, ObjectType) else "interface"
        title = f"{keyword} {definition.name}"
        if definition.interfaces:
            title += f" implements {' & '.join(definition.interfaces)}"
        lines = (
            f'@join__implements(graph: {self.enums[graph]}, interface: "{interface}")'
            for graph, interface in definition.implements
        )
        body = self._head(title, definition, lines)
        if not definition.fields:
            return body
        return f"{body}\n{{\n{''.join(map(self._field, definition.fields.values()))}}}"

    def _head(self, title: str, definition: TypeDefinition, lines: Iterable[str]) -> str:
        directives = (
            *(self._join_type(join) for join in definition.joins),
            *lines,
            *map(print_directive, definition.directives),
        )
        return "".join((title, *(f"\n  {line}" for line in directives)))

    def _join_type(self, join: JoinType) -> str:
        parts = [f"graph: {self.enums[join.graph]}"]
        if join.key is not None:
            parts.append(f"key: {quote(join.key)}")
        if join.extension:
            parts.append("extension: true")
        if not join.resolvable:
            parts.append("resolvable: false")
        if join.is_interface_object:
            parts.append("isInterfaceObject: true")
        return f"@join__type({', '.join(parts)})"

    def _field(self, field: FieldDefinition) -> str:
        head = f"{print_description(field.description, '  ')}  {field.name}"
        labels = {join.override: join.override_label for join in field.joins if join.override}
        tail = "".join(
            f" {each}"
            for each in (
                *(self._join_field(join, labels.get(join.graph or "")) for join in field.joins),
                *map(print_directive, field.directives),
            )
        )
        return f"{head}{self._arguments(field.arguments)}: {field.type}{tail}\n"

    def _arguments(self, arguments: tuple[InputValue, ...]) -> str:
        if not arguments:
            return ""
        if any(argument.description is not None for argument in arguments):
            inner = "\n".join(self._input(argument, "    ") for argument in arguments)
            return f"(\n{inner}\n  )"
        return f"({', '.join(self._input(argument, '') for argument in arguments)})"

    def _input(self, value: InputValue, indent: str = "  ") -> str:
        default = "" if value.default is None else f" = {value.default}"
        tail = "".join(
            f" {each}"
            for each in (
                *map(self._join_field, value.joins),
                *map(print_directive, value.directives),
            )
        )
        description = print_description(value.description, indent)
        return f"{description}{indent}{value.name}: {value.type}{default}{tail}"

    def _enum_value(self, value: EnumValue) -> str:
        directives = (
            *(f"@join__enumValue(graph: {self.enums[graph]})" for graph in value.graphs),
            *map(print_directive, value.directives),
        )
        head = print_description(value.description, "  ")
        return f"{head}  {value.name}{''.join(f' {each}' for each in directives)}\n"

    def _join_field(self, join: JoinField, label: str | None = None) -> str:
        """``label`` is that of an override by which this subgraph loses the field."""
        label = join.override_label or label
        parts: list[str] = []
        if join.graph is not None:
            parts.append(f"graph: {self.enums[join.graph]}")
        for name, text in (
            ("requires", join.requires),
            ("provides", join.provides),
            ("type", join.type),
        ):
            if text is not None:
                parts.append(f"{name}: {quote(text)}")
        if join.external:
            parts.append("external: true")
        if join.override is not None:
            parts.append(f"override: {quote(join.override)}")
        if join.used_overridden:
            parts.append("usedOverridden: true")
        if label is not None:
            parts.append(f"overrideLabel: {quote(label)}")
        if join.context_arguments is not None:
            parts.append(f"contextArguments: {join.context_arguments}")
        return f"@join__field({', '.join(parts)})" if parts else "@join__field"
