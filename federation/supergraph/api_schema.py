"""The API schema: what clients see of a supergraph."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_ast_schema,
    print_schema,
    validate_schema,
)

from federation.errors import InvalidSupergraph
from federation.supergraph.model import (
    AppliedDirective,
    EnumType,
    EnumValue,
    FieldDefinition,
    InputObjectType,
    InputValue,
    InterfaceType,
    ObjectType,
    ScalarType,
    Supergraph,
    TypeDefinition,
    UnionType,
)
from federation.supergraph.parsing import parse_large
from federation.supergraph.printer import print_description, print_directive

HIDDEN_VALUES = "datong.hidden_values"
"""Key of an enum's extension: values that subgraphs may send and clients never see."""

_SHOWN = frozenset({"deprecated", "specifiedBy", "oneOf"})
_EXECUTABLE = frozenset(
    {
        "QUERY",
        "MUTATION",
        "SUBSCRIPTION",
        "FIELD",
        "FRAGMENT_DEFINITION",
        "FRAGMENT_SPREAD",
        "INLINE_FRAGMENT",
        "VARIABLE_DEFINITION",
    }
)


_INCREMENTAL = {
    "defer": """
"The fragment may come in a later part of the response."
directive @defer(
  "Deferred unless false."
  if: Boolean! = true
  "Names the fragment in the response; of its own in the whole document."
  label: String
) on FRAGMENT_SPREAD | INLINE_FRAGMENT""",
    "stream": """
"Items of the list may come in later parts of the response."
directive @stream(
  "Streamed unless false."
  if: Boolean! = true
  "Names the field in the response; of its own in the whole document."
  label: String
  "How many items come at once."
  initialCount: Int! = 0
) on FIELD""",
}


def build_api_schema(supergraph: Supergraph) -> GraphQLSchema:
    """The executable schema without inaccessible elements and federation's machinery.

    Descriptions, deprecations, ``@specifiedBy`` and ``@oneOf`` stay; introspection works on it.
    Each enum keeps the names of its hidden values as extension ``HIDDEN_VALUES``. ``@defer`` and
    ``@stream`` are there, unless the subgraphs have a directive of that name composed.

    Raises:
        InvalidSupergraph: What remains is no valid GraphQL schema.
    """
    taken = {each.name for each in supergraph.directive_definitions}
    incremental = (text for name, text in _INCREMENTAL.items() if name not in taken)
    schema = _build("\n\n".join((*_print(supergraph), *incremental)))
    for definition in supergraph.types.values():
        enum = schema.type_map.get(definition.name)
        if isinstance(definition, EnumType) and isinstance(enum, GraphQLEnumType):
            hidden = frozenset(value.name for value in definition.values) - enum.values.keys()
            enum.extensions[HIDDEN_VALUES] = hidden
    return schema


def _build(text: str) -> GraphQLSchema:
    try:
        schema = build_ast_schema(parse_large(text), assume_valid_sdl=True)
    except (GraphQLError, TypeError) as error:
        raise InvalidSupergraph(f"the API schema cannot be built: {error}") from error
    faults = validate_schema(schema)
    if faults:
        raise InvalidSupergraph(f"the API schema is not valid: {faults[0].message}")
    for named in schema.type_map.values():
        _strip(named)
    return schema


def _strip(named: GraphQLNamedType) -> None:
    """Lets go of the nodes that a type was made of, most of a schema's objects.

    Defaults of inputs are still read from theirs.
    """
    named.ast_node = None
    if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
        for field in named.fields.values():
            field.ast_node = None
        # They were called already, and hold the nodes of all fields and interfaces.
        named._fields, named._interfaces = named.fields, named.interfaces  # noqa: SLF001
    elif isinstance(named, GraphQLEnumType):
        for value in named.values.values():
            value.ast_node = None


def print_api_schema(supergraph: Supergraph) -> str:
    """The API schema as SDL, types in order of name.

    Without ``@defer`` and ``@stream``, which tools that read it bring along, as they do ``@skip``.
    """
    return print_schema(_build("\n\n".join(_print(supergraph)))) + "\n"


def is_accessible(element: TypeDefinition | FieldDefinition | InputValue | EnumValue) -> bool:
    """Whether clients see the element; its parents and types may still hide it."""
    return all(each.name != "inaccessible" for each in element.directives)


def _print(supergraph: Supergraph) -> Iterable[str]:
    visible = {name for name, each in supergraph.types.items() if is_accessible(each)}
    roots = [f"  {kind}: {name}" for kind, name in supergraph.roots.items() if name in visible]
    if roots:
        yield "schema {\n" + "\n".join(roots) + "\n}"
    for directive in supergraph.directive_definitions:
        locations = directive.definition.rpartition(" on ")[2]
        kept = [each for each in locations.replace("|", " ").split() if each in _EXECUTABLE]
        if kept:
            head = directive.definition.rpartition(" on ")[0]
            yield f"{head} on {' | '.join(kept)}"
    for name in visible_order(supergraph, visible):
        yield _print_type(supergraph.types[name], visible)


def visible_order(supergraph: Supergraph, visible: set[str]) -> Iterable[str]:
    """Visible type names, in the supergraph's order."""
    return (name for name in supergraph.types if name in visible)


def _print_type(definition: TypeDefinition, visible: set[str]) -> str:
    head = print_description(definition.description)
    tail = _shown(definition.directives)
    if isinstance(definition, ScalarType):
        return f"{head}scalar {definition.name}{tail}"
    if isinstance(definition, UnionType):
        members = [each for each in definition.member_types if each in visible]
        return f"{head}union {definition.name}{tail} = {' | '.join(members)}"
    if isinstance(definition, EnumType):
        values = _block(definition.values, _print_enum_value)
        return f"{head}enum {definition.name}{tail} {values}"
    if isinstance(definition, InputObjectType):
        fields = _block(definition.fields.values(), _print_input)
        return f"{head}input {definition.name}{tail} {fields}"
    keyword = "type" if isinstance(definition, ObjectType) else "interface"
    interfaces = [each for each in definition.interfaces if each in visible]
    implements = f" implements {' & '.join(interfaces)}" if interfaces else ""
    fields = _block(definition.fields.values(), _print_field)
    assert isinstance(definition, ObjectType | InterfaceType)
    return f"{head}{keyword} {definition.name}{implements}{tail} {fields}"


def _block(
    elements: Iterable[EnumValue] | Iterable[InputValue] | Iterable[FieldDefinition],
    render: Callable[..., str],
) -> str:
    lines = "".join(f"{render(each)}\n" for each in elements if is_accessible(each))
    return f"{{\n{lines}}}"


def _shown(directives: Iterable[AppliedDirective]) -> str:
    return "".join(f" {print_directive(each)}" for each in directives if each.name in _SHOWN)


def _print_enum_value(value: EnumValue) -> str:
    return f"{print_description(value.description)}  {value.name}{_shown(value.directives)}"


def _print_input(value: InputValue) -> str:
    default = "" if value.default is None else f" = {value.default}"
    head = print_description(value.description)
    return f"{head}  {value.name}: {value.type}{default}{_shown(value.directives)}"


def _print_field(field: FieldDefinition) -> str:
    visible = [each for each in field.arguments if is_accessible(each)]
    arguments = f"(\n{chr(10).join(map(_print_input, visible))}\n  )" if visible else ""
    head = print_description(field.description)
    return f"{head}  {field.name}{arguments}: {field.type}{_shown(field.directives)}"
