"""Plans written by hand, for tests of execution that shall not depend on the planner."""

from collections.abc import Iterator

from graphql import GraphQLSchema, is_abstract_type, is_composite_type

from federation.field_set import print_field_set, read_field_set
from federation.operation import Limits, parse_operation
from federation.operation.introspection import INTROSPECTION_FIELDS, introspection_text
from federation.planning.plan import (
    EntityFetch,
    Fetch,
    OperationPlan,
    OutputField,
    RepresentationField,
)
from federation.selection import Field, SelectionSet

UNLIMITED = Limits(
    max_depth=100,
    max_aliases=10_000,
    max_root_fields=10_000,
    max_directives=10_000,
    max_deferrals=10_000,
)


def plan_of(text: str, schema: GraphQLSchema, *fetches: Fetch) -> OperationPlan:
    """A plan with the output that the operation's text asks for; tree keys are response keys."""
    operation = parse_operation(text, schema, None, UNLIMITED).operation
    return OperationPlan(
        kind=operation.kind,
        root_type=operation.root_type,
        fetches=fetches,
        output=tuple(_outputs(operation.selections, operation.root_type, None, schema)),
    )


def _outputs(
    selections: SelectionSet, parent: str, types: frozenset[str] | None, schema: GraphQLSchema
) -> Iterator[OutputField]:
    for selection in selections:
        if not isinstance(selection, Field):
            condition = selection.type_condition or parent
            narrowed = _possible(condition, schema)
            yield from _outputs(selection.selections, condition, narrowed, schema)
            continue
        for type_text, runtime in _types_of(parent, selection.name, types, schema):
            named = type_text.strip("[]!")
            yield OutputField(
                key=selection.response_key,
                source=introspection_text(selection)
                if selection.name in INTROSPECTION_FIELDS
                else selection.response_key,
                name=selection.name,
                parent=parent,
                type=type_text,
                types=runtime,
                conditions=(selection.conditions,) if selection.conditions else (),
                fields=tuple(_outputs(selection.selections, named, None, schema)),
            )


def _types_of(
    parent: str, name: str, types: frozenset[str] | None, schema: GraphQLSchema
) -> Iterator[tuple[str, frozenset[str] | None]]:
    """The field's types with their runtime types: objects may be stricter than their interface."""
    by_type: dict[str, set[str]] = {}
    for runtime in sorted(types or _possible(parent, schema)):
        composite = schema.type_map[runtime]
        assert is_composite_type(composite)
        definition = schema.get_field(composite, name)
        assert definition is not None
        by_type.setdefault(str(definition.type), set()).add(runtime)
    for text, runtimes in by_type.items():
        yield text, types if len(by_type) == 1 else frozenset(runtimes)


def _possible(name: str, schema: GraphQLSchema) -> frozenset[str]:
    named = schema.type_map[name]
    if is_abstract_type(named):
        return frozenset(each.name for each in schema.get_possible_types(named))
    return frozenset((name,))


def root(
    number: int,
    subgraph: str,
    selections: str,
    *,
    kind: str = "query",
    after: tuple[int, ...] = (),
    variables: tuple[str, ...] = (),
    declared: str = "",
) -> Fetch:
    """A root fetch; ``declared`` is the text of its variable definitions, parentheses included.

    Without selections it takes whatever is answered.
    """
    return Fetch(
        id=number,
        subgraph=subgraph,
        kind=kind,
        text=f"{kind}{declared} {{ {selections} }}",
        variables=variables,
        after=after,
        selections=read_field_set(selections) if selections else (),
    )


def call(
    path: str,
    type_name: str,
    representation: str,
    selections: str,
    *,
    types: frozenset[str] | None = None,
    typename: str | None = "",
) -> EntityFetch:
    """An entity call; paths are written with dots and parted by commas, the representation as a
    field set in which an alias says under which tree key a field is found."""
    return EntityFetch(
        paths=tuple(tuple(each.split(".")) for each in path.split(", ")),
        types=types,
        typename=type_name if typename == "" else typename,
        representation=_representation(read_field_set(representation)),
        selections=read_field_set(f"... on {type_name} {{ {selections} }}"),
    )


def _representation(selections: SelectionSet) -> tuple[RepresentationField, ...]:
    return tuple(
        RepresentationField(
            name=each.alias or each.name,
            source=each.name,
            fields=_representation(each.selections),
        )
        for each in selections
        if isinstance(each, Field)
    )


def entities(
    number: int, subgraph: str, *calls: EntityFetch, after: tuple[int, ...] = (0,)
) -> Fetch:
    """An entity fetch with one or more calls."""
    bodies = [print_field_set(each.selections) for each in calls]
    parts = [
        "query($representations: [_Any!]!)"
        f" {{ _entities(representations: $representations) {{ {body} }} }}"
        for body in bodies
    ]
    text = parts[0]
    if len(calls) > 1:
        declared = ", ".join(f"$_r{at}: [_Any!]!" for at in range(len(calls)))
        asked = (
            f"_e{at}: _entities(representations: $_r{at}) {{ {body} }}"
            for at, body in enumerate(bodies)
        )
        text = f"query({declared}) {{ {' '.join(asked)} }}"
    return Fetch(
        id=number,
        subgraph=subgraph,
        kind="query",
        text=text,
        after=after,
        entities=calls,
        parts=tuple(parts) if len(calls) > 1 else (),
    )
