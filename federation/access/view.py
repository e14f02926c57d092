"""A caller's own view of the schema: what introspection, the console and messages show.

``everything`` is what is asked about a whole schema; ``build_view`` makes of the answer a schema
that is valid by itself and names nothing that the caller cannot get.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from graphql import (
    GraphQLBoolean,
    GraphQLDirective,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_specified_directive,
)
from graphql.utilities.map_schema_config import SchemaElementKind, map_schema_config

from federation.access.ask import AskedUses
from federation.access.decision import Decision
from federation.access.index import AccessIndex
from federation.access.request import Uses
from federation.access.sight import Sight, see

NOTHING = "nothing"
"""The one field of a query type of which nothing may be read: an object type cannot be empty."""


def everything(index: AccessIndex) -> dict[str, Uses]:
    """Every field of the API schema with all that can be asked of it, and all that inputs test."""
    asked = _Everything(index)
    for definition in index.schema.type_map.values():
        if not definition.name.startswith("__"):
            asked.add_type(definition)
    return asked.fields()


class _Everything:
    """All coordinates of a schema, each with the uses that any operation could make of it."""

    def __init__(self, index: AccessIndex) -> None:
        self._index = index
        self._asked = AskedUses()

    def fields(self) -> dict[str, Uses]:
        return self._asked.fields()

    def add_type(self, definition: GraphQLNamedType) -> None:
        inputs = self._index.inputs
        if isinstance(definition, GraphQLObjectType):
            for name, field in definition.fields.items():
                self._add_field((definition.name, name), field)
        elif isinstance(definition, GraphQLInputObjectType):
            for told in inputs.fields[definition.name].values():
                self._asked.test(told.uses)
        else:
            for tests in inputs.values.get(definition.name, {}).values():
                self._asked.test(tests)

    def _add_field(self, place: tuple[str, str], field: GraphQLField) -> None:
        facts = self._index.fields[place]
        self._asked.select(facts)
        for name in field.args:
            uses = self._index.inputs.always((*place, name), tests_rows=facts.is_tested)
            self._asked.test(uses)


def build_view(index: AccessIndex, decision: Decision) -> GraphQLSchema:
    """The part of the API schema that a caller can get; descriptions tell what is masked.

    Args:
        index: Of the schema.
        decision: On ``everything``.
    """
    sight = see(index, decision)
    schema = index.schema
    query = schema.query_type.name if schema.query_type else ""

    def fields_of(config: Any) -> Callable[[], dict[str, GraphQLField]]:
        def fields() -> dict[str, GraphQLField]:
            name = config["name"]
            kept = {
                key: _field(field, (name, key), sight)
                for key, field in config["fields"]().items()
                if (name, key) in sight.fields
            }
            if not kept and name == query:
                text = "This caller may read nothing for this purpose."
                return {NOTHING: GraphQLField(GraphQLBoolean, description=text)}
            return kept

        return fields

    def shown(types: Callable[[], Iterable[Any]]) -> Callable[[], list[Any]]:
        return lambda: [each for each in types() if each.name in sight.types]

    def composite(config: Any) -> Any:
        return {**config, "fields": fields_of(config), "interfaces": shown(config["interfaces"])}

    def inputs(config: Any) -> Any:
        name, fields = config["name"], config["fields"]
        kept = lambda: {k: f for k, f in fields().items() if (name, k) in sight.inputs}  # noqa: E731
        return {**config, "fields": kept}

    def enum(config: Any) -> Any:
        name, values = config["name"], config["values"]
        kept = lambda: {k: v for k, v in values().items() if (name, k) in sight.values}  # noqa: E731
        return {**config, "values": kept}

    def whole(config: Any) -> Any:
        return {
            **config,
            **{
                root: config[root] if config[root] and config[root].name in sight.types else None
                for root in ("query", "mutation", "subscription")
            },
            "directives": [each for each in config["directives"] if _is_usable(each, sight)],
            "types": [each for each in config["types"] if each.name in sight.types],
            "assume_valid": False,
        }

    mappers: Any = {
        SchemaElementKind.OBJECT: composite,
        SchemaElementKind.INTERFACE: composite,
        SchemaElementKind.UNION: lambda config: {**config, "types": shown(config["types"])},
        SchemaElementKind.INPUT_OBJECT: inputs,
        SchemaElementKind.ENUM: enum,
        SchemaElementKind.SCHEMA: whole,
    }
    return GraphQLSchema(**cast("Any", map_schema_config(schema.to_kwargs(), lambda _: mappers)))


def _field(field: GraphQLField, place: tuple[str, str], sight: Sight) -> GraphQLField:
    mask = sight.masks.get(place)
    description = field.description
    if mask is not None:
        note = f"Masked for this caller: {mask}. 对该调用方脱敏：{mask}。"
        description = f"{description}\n\n{note}" if description else note
    kept = {key: each for key, each in field.args.items() if (*place, key) in sight.arguments}
    return GraphQLField(
        **cast("Any", {**field.to_kwargs(), "args": kept, "description": description})
    )


def _is_usable(directive: GraphQLDirective, sight: Sight) -> bool:
    """Whether a directive can be written: the types of its arguments are shown."""
    return is_specified_directive(directive) or all(
        get_named_type(argument.type).name in sight.types for argument in directive.args.values()
    )
