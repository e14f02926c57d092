"""INVALID_FIELD_SHARING: several subgraphs resolve a field that is not shareable."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.overrides import read_overrides
from federation.composition.report import names, places
from federation.composition.sources import FieldSource, Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind, has_directive


def invalid_field_sharing(schema: Sources) -> Iterator[Diagnostic]:
    """A field of an object is resolved by one subgraph, or marked shareable in all that do.

    Key fields are shareable by themselves. An external field that some path provides is resolved
    there, and one that an interface object adds is resolved for every implementer. A subgraph
    that loses the field by ``@override`` does not count. Nobody can share a subscription: two
    streams of events are not one.
    """
    for type_name in schema.types:
        if schema.kind(type_name) is not Kind.OBJECT:
            continue
        for name, sources in _resolved_fields(type_name, schema):
            if type_name == "Subscription":
                yield from _shared_subscription(name, sources)
            overrides = read_overrides(sources, schema)
            definitions = [
                each
                for each in (*sources, *_added(type_name, name, schema))
                if each.subgraph.name not in overrides.losing
                and (not each.is_external or schema.is_provided(each))
            ]
            unshared = [
                each
                for each in definitions
                if not (each.is_external or each.is_shareable or schema.is_key_field(each))
            ]
            if len(definitions) > 1 and unshared:
                yield Diagnostic(
                    "INVALID_FIELD_SHARING",
                    f"{type_name}.{name} is resolved by {names(definitions)}, but not shareable in"
                    f" {names(unshared)}",
                    coordinate=Coordinate(type_name, name),
                    locations=places(definitions),
                    fix="Mark the field @shareable in all of them if they return the same value;"
                    " otherwise take it over by @override or rename it.",
                )


def _shared_subscription(name: str, sources: tuple[FieldSource, ...]) -> Iterator[Diagnostic]:
    marked = [each for each in sources if has_directive(each.field, "shareable")]
    if marked:
        yield Diagnostic(
            "INVALID_FIELD_SHARING",
            f"Subscription.{name} is marked as shareable in {names(marked)}",
            coordinate=Coordinate("Subscription", name),
            locations=places(marked),
            fix="Remove @shareable, and let one subgraph alone resolve the subscription.",
        )


def _resolved_fields(
    type_name: str, schema: Sources
) -> Iterator[tuple[str, tuple[FieldSource, ...]]]:
    """The fields of an object, with those that only interface objects give to it."""
    own = schema.fields(type_name)
    yield from own.items()
    for interface in _interfaces(type_name, schema):
        for name, sources in schema.fields(interface).items():
            if name not in own and any(each.type.is_interface_object for each in sources):
                yield name, ()


def _interfaces(type_name: str, schema: Sources) -> list[str]:
    return sorted({name for each in schema.types[type_name] for name in each.type.interfaces})


def _added(type_name: str, field: str, schema: Sources) -> Iterator[FieldSource]:
    """The field as interface objects give it to the type."""
    for interface in _interfaces(type_name, schema):
        for source in schema.fields(interface).get(field, ()):
            if source.type.is_interface_object:
                yield source
