"""The part of JSON Schema that the published shapes use: checks of documents and of paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": Mapping,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def misshapen(
    document: Any, schema: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Places where a document is not of the shape, each with what is wrong there."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is_a(document, kind) for kind in kinds):
        yield path, f"must be of type {' or '.join(kinds)}"
    elif "enum" in schema and document not in schema["enum"]:
        yield path, f"must be one of {', '.join(map(str, schema['enum']))}"
    elif "const" in schema and document is not schema["const"] and document != schema["const"]:
        yield path, f"must be {schema['const']}".lower()
    elif isinstance(document, str) and not re.search(schema.get("pattern", ""), document):
        yield path, f"must be {schema['description']}"
    elif isinstance(document, Mapping):
        yield from _misshapen_members(document, schema, path)
    elif isinstance(document, list) and "items" in schema:
        for index, item in enumerate(document):
            yield from misshapen(item, schema["items"], (*path, str(index)))


def _misshapen_members(
    document: Mapping[str, Any], schema: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    if len(document) < schema.get("minProperties", 0):
        yield path, "must not be empty"
    for name in schema.get("required", ()):
        if name not in document:
            yield path, f"lacks {name}"
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    for name, value in document.items():
        if name in properties:
            yield from misshapen(value, properties[name], (*path, name))
        elif others is False:
            yield (*path, name), "is not known here"
        elif isinstance(others, Mapping):
            yield from misshapen(value, others, (*path, name))


def _is_a(document: Any, kind: str) -> bool:
    return isinstance(document, _TYPES[kind]) and (
        kind == "boolean" or not isinstance(document, bool)
    )


def leads_nowhere(path: tuple[str | None, ...], schema: Mapping[str, Any]) -> str | None:
    """The first segment of a path that no document of this shape can have; None when all can.

    A segment None stands for any key.
    """
    for segment in path:
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        if segment is not None and segment in properties:
            schema = properties[segment]
        elif isinstance(others, Mapping) and others:
            schema = others
        elif "items" in schema:
            schema = schema["items"]
        elif segment is None:
            return None
        else:
            return segment
    return None
