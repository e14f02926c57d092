"""The merged schema: every element with the subgraphs that hold it, as the join spec tells it.

Types are written as text (``[Citizen!]!``), field sets as text (``id region { code }``): the model
is what a supergraph SDL says, no more. Everything derived lives in the packages that derive it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Graph:
    """One subgraph as the supergraph knows it.

    Attributes:
        name: As published, such as ``public_security``.
        url: Where it answers; empty when composed without one.
        enum: Its value of ``join__Graph``.
    """

    name: str
    url: str
    enum: str


@dataclass(frozen=True, slots=True)
class AppliedDirective:
    """A directive as applied: name without ``@``, arguments as literal texts by name."""

    name: str
    arguments: tuple[tuple[str, str], ...] = ()

    def argument(self, name: str) -> str | None:
        """The literal text of an argument, None when it is not given."""
        return dict(self.arguments).get(name)


@dataclass(frozen=True, slots=True)
class JoinType:
    """``@join__type``: a subgraph defines the type, and (with a key) can be entered by it."""

    graph: str
    key: str | None = None
    extension: bool = False
    resolvable: bool = True
    is_interface_object: bool = False


@dataclass(frozen=True, slots=True)
class JoinField:
    """``@join__field``: how one subgraph holds a field.

    Attributes:
        graph: None is the join spec's "resolved by no subgraph by itself" (fields that objects get
            from an interface object).
        type: Its type there, where it differs from the merged one.
        override: The subgraph that lost the field to this one.
        override_label: Label of a progressive override.
        used_overridden: It lost the field but still needs it as a key or for an interface.
        context_arguments: Literal text of the join spec's ``contextArguments``.
    """

    graph: str | None = None
    requires: str | None = None
    provides: str | None = None
    type: str | None = None
    external: bool = False
    override: str | None = None
    override_label: str | None = None
    used_overridden: bool = False
    context_arguments: str | None = None


@dataclass(frozen=True, slots=True)
class InputValue:
    """An argument or an input field."""

    name: str
    type: str
    default: str | None = None
    description: str | None = None
    directives: tuple[AppliedDirective, ...] = ()
    joins: tuple[JoinField, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A field of an object or interface.

    Attributes:
        joins: Empty means: every subgraph that defines the parent type resolves it (join spec).
    """

    name: str
    type: str
    arguments: tuple[InputValue, ...] = ()
    description: str | None = None
    directives: tuple[AppliedDirective, ...] = ()
    joins: tuple[JoinField, ...] = ()


@dataclass(frozen=True, slots=True)
class EnumValue:
    """A value of an enum and the subgraphs that know it."""

    name: str
    description: str | None = None
    directives: tuple[AppliedDirective, ...] = ()
    graphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScalarType:
    """A custom scalar."""

    name: str
    description: str | None = None
    directives: tuple[AppliedDirective, ...] = ()
    joins: tuple[JoinType, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object type.

    Attributes:
        implements: Pairs of subgraph and interface name.
    """

    name: str
    fields: Mapping[str, FieldDefinition]
    interfaces: tuple[str, ...] = ()
    description: str | None = None
    directives: tuple[AppliedDirective, ...] = ()
    joins: tuple[JoinType, ...] = ()
    implements: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class InterfaceType:
    """An interface; in subgraphs where ``JoinType.is_interface_object`` holds it is an object."""

    name: str
    fields: Mapping[str, FieldDefinition]
    interfaces: tuple[str, ...] = ()
    description: str | None = None
    directives: tuple[AppliedDirective, ...] = ()
    joins: tuple[JoinType, ...] = ()
    implements: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UnionType:
    """A union.

    Attributes:
        members: Pairs of subgraph and member type; a member may appear for several subgraphs.
    """

    name: str
    members: tuple[tuple[str, str], ...]
    description: str | None = None
    directives: tuple[AppliedDirective, ...] = ()
    joins: tuple[JoinType, ...] = ()

    @property
    def member_types(self) -> tuple[str, ...]:
        """Member names without repetition, in order of first mention."""
        return tuple(dict.fromkeys(member for _, member in self.members))


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enum."""

    name: str
    values: tuple[EnumValue, ...]
    description: str | None = None
    directives: tuple[AppliedDirective, ...] = ()
    joins: tuple[JoinType, ...] = ()


@dataclass(frozen=True, slots=True)
class InputObjectType:
    """An input object type."""

    name: str
    fields: Mapping[str, InputValue]
    description: str | None = None
    directives: tuple[AppliedDirective, ...] = ()
    joins: tuple[JoinType, ...] = ()


TypeDefinition: TypeAlias = (
    ScalarType | ObjectType | InterfaceType | UnionType | EnumType | InputObjectType
)


@dataclass(frozen=True, slots=True)
class DirectiveDefinition:
    """A directive definition kept in the supergraph (executable, or composed by request).

    Attributes:
        definition: Its canonical SDL.
    """

    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class Link:
    """A linked specification of the supergraph, other than ``link`` and ``join`` themselves.

    Attributes:
        url: Identity and version.
        namespace: Its ``as``, or None.
        imports: Pairs of imported name (with ``@`` for directives) and local name.
        purpose: ``SECURITY``, ``EXECUTION`` or None.
    """

    url: str
    namespace: str | None = None
    imports: tuple[tuple[str, str], ...] = ()
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Supergraph:
    """All subgraphs as one schema, each element knowing where it lives.

    Subgraphs are referred to by ``Graph.name`` everywhere in this model; only the printed SDL uses
    the values of ``join__Graph``.

    Attributes:
        graphs: Sorted by name.
        types: By name, sorted; built-in scalars are not listed.
        roots: ``query``, ``mutation``, ``subscription`` to type name.
    """

    graphs: tuple[Graph, ...]
    types: Mapping[str, TypeDefinition]
    roots: Mapping[str, str]
    directive_definitions: tuple[DirectiveDefinition, ...] = ()
    links: tuple[Link, ...] = ()
    schema_directives: tuple[AppliedDirective, ...] = field(default=())

    def graph(self, name: str) -> Graph:
        """The subgraph of that name.

        Raises:
            KeyError: There is none.
        """
        for graph in self.graphs:
            if graph.name == name:
                return graph
        raise KeyError(name)

    def composite_types(self) -> Iterator[ObjectType | InterfaceType]:
        """Objects and interfaces, in order of name."""
        for definition in self.types.values():
            if isinstance(definition, ObjectType | InterfaceType):
                yield definition


def named_type(type_text: str) -> str:
    """The name inside list and non-null wrappers: ``[Citizen!]!`` is ``Citizen``."""
    return type_text.strip("[]!")
