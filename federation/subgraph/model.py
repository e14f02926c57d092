"""One subgraph's schema: what its SDL says, with federation names made canonical.

Directives of known specifications carry their own names (``key``, ``classified``) whatever a
document calls them; types are written as text; each element knows its place in the SDL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from graphql import value_from_ast_untyped
from graphql.language import parse_value

from federation.errors import SourceLocation


class Kind(Enum):
    """The kinds of named types."""

    SCALAR = "scalar"
    OBJECT = "object"
    INTERFACE = "interface"
    UNION = "union"
    ENUM = "enum"
    INPUT_OBJECT = "input object"


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive as applied.

    Attributes:
        name: Canonical, without ``@``.
        arguments: Pairs of name and canonical literal text, in order of the SDL.
        specification: Name of the known specification that defines it; empty for all others.
        on_extension: It stands on an ``extend`` definition.
    """

    name: str
    arguments: tuple[tuple[str, str], ...] = ()
    location: SourceLocation = field(default_factory=lambda: SourceLocation(""), compare=False)
    specification: str = ""
    on_extension: bool = False

    def __str__(self) -> str:
        given = ", ".join(f"{name}: {literal}" for name, literal in self.arguments)
        return f"@{self.name}({given})" if given else f"@{self.name}"

    def argument(self, name: str) -> object:
        """The value of an argument as plain Python data; None when it is not given."""
        literal = dict(self.arguments).get(name)
        return None if literal is None else value_from_ast_untyped(parse_value(literal))

    def text(self, name: str) -> str | None:
        """The value of a string argument; None when it is not given or not a string."""
        value = self.argument(name)
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class InputValue:
    """An argument or an input field."""

    name: str
    type: str
    default: str | None
    description: str | None
    directives: tuple[Directive, ...]
    location: SourceLocation

    @property
    def is_required(self) -> bool:
        """Whether a value must be given."""
        return self.type.endswith("!") and self.default is None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object or interface."""

    name: str
    type: str
    arguments: tuple[InputValue, ...]
    description: str | None
    directives: tuple[Directive, ...]
    location: SourceLocation

    def argument(self, name: str) -> InputValue | None:
        """The argument of that name."""
        return next((argument for argument in self.arguments if argument.name == name), None)


@dataclass(frozen=True, slots=True)
class EnumValue:
    """A value of an enum."""

    name: str
    description: str | None
    directives: tuple[Directive, ...]
    location: SourceLocation


@dataclass(frozen=True, slots=True)
class Type:
    """A named type with all its extensions united; members that its kind lacks are empty.

    Attributes:
        is_extension: It has no base definition here, or stands as one (``@extends``).
        locations: The definition, then its extensions.
    """

    kind: Kind
    name: str
    description: str | None = None
    directives: tuple[Directive, ...] = ()
    interfaces: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    input_fields: Mapping[str, InputValue] = field(default_factory=dict)
    values: Mapping[str, EnumValue] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    is_extension: bool = False
    locations: tuple[SourceLocation, ...] = ()

    @property
    def is_composite(self) -> bool:
        """Whether it has output fields."""
        return self.kind in (Kind.OBJECT, Kind.INTERFACE)

    @property
    def keys(self) -> tuple[Directive, ...]:
        """Its ``@key`` applications."""
        return tuple(directives_of(self, "key"))

    @property
    def is_interface_object(self) -> bool:
        """Whether it is an object standing for an interface of other subgraphs."""
        return has_directive(self, "interfaceObject")


@dataclass(frozen=True, slots=True)
class DirectiveDefinition:
    """A directive definition that belongs to no known specification.

    Attributes:
        locations: Names of directive locations, in order of the SDL.
        types: Names of the types of its arguments.
    """

    name: str
    definition: str
    locations: tuple[str, ...]
    is_repeatable: bool
    arguments: tuple[InputValue, ...]
    location: SourceLocation
    description: str | None = None

    def argument(self, name: str) -> InputValue | None:
        """The argument of that name."""
        return next((argument for argument in self.arguments if argument.name == name), None)


@dataclass(frozen=True, slots=True)
class Link:
    """One ``@link``.

    Attributes:
        identity: URL without version.
        name: Last part of the identity.
        version: Major and minor; None when the URL has none.
        namespace: ``as``, or else the name.
        imports: Element name (with ``@`` for directives) to local name.
        purpose: ``SECURITY``, ``EXECUTION`` or None.
    """

    url: str
    identity: str
    name: str
    version: tuple[int, int] | None
    namespace: str
    imports: Mapping[str, str]
    purpose: str | None
    location: SourceLocation = field(default_factory=lambda: SourceLocation(""), compare=False)

    def local_directive(self, name: str) -> str:
        """What the document calls the directive ``name`` (without ``@``) of the specification."""
        imported = self.imports.get(f"@{name}")
        if imported is not None:
            return imported.removeprefix("@")
        return self.namespace if name == self.name else f"{self.namespace}__{name}"


@dataclass(frozen=True, slots=True)
class Subgraph:
    """One service's schema.

    Attributes:
        name: As published.
        url: Where it answers; may be empty.
        types: By name, in order of the SDL, without federation's own types and root fields.
            Root types are called Query, Mutation and Subscription.
        roots: ``query``, ``mutation``, ``subscription`` to the name in the SDL.
        version: Of the federation specification; (1, 0) when the document links none.
        file: Where the SDL came from; empty when it came over the network.
    """

    name: str
    url: str
    types: Mapping[str, Type]
    roots: Mapping[str, str]
    version: tuple[int, int]
    links: tuple[Link, ...] = ()
    directive_definitions: tuple[DirectiveDefinition, ...] = ()
    schema_directives: tuple[Directive, ...] = ()
    file: str = ""

    @property
    def is_federation_2(self) -> bool:
        """Whether the document links federation 2."""
        return self.version >= (2, 0)

    def location(self) -> SourceLocation:
        """The subgraph as a whole."""
        return SourceLocation(self.name, file=self.file)


def directives_of(element: Type | Field | InputValue | EnumValue, name: str) -> Iterator[Directive]:
    """Applications of a known specification's directive, in order."""
    for directive in element.directives:
        if directive.name == name and directive.specification:
            yield directive


def has_directive(element: Type | Field | InputValue | EnumValue, name: str) -> bool:
    """Whether a known specification's directive is applied."""
    # Asked for nearly every element by nearly every rule: no generators.
    for directive in element.directives:
        if directive.name == name and directive.specification:
            return True
    return False


def find_directive(element: Type | Field | InputValue | EnumValue, name: str) -> Directive | None:
    """The first application of a known specification's directive."""
    for directive in element.directives:
        if directive.name == name and directive.specification:
            return directive
    return None
