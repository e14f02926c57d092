"""The part of JSON Schema that the published shapes use: checks of documents and of paths."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

Place: TypeAlias = tuple[str, ...]
"""Keys and positions on the way to a value: ``("grants", "heming_bank", "Citizen.name")``."""

_TYPES: Mapping[str, type] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}

_TOO_LARGE = 2**63


def read_json(text: str) -> Any:
    """A JSON document.

    Raises:
        ValueError: It is none, or an object has a name twice: the second grant of a name would take
            the place of the first.
    """
    return json.loads(text, object_pairs_hook=_object)


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands twice in one object")
    return found


def misshapen(
    document: Any, schema: Mapping[str, Any], place: Place = ()
) -> list[tuple[Place, str]]:
    """Places where a JSON document is not of the shape, each with what is wrong there."""
    found: list[tuple[Place, str]] = []
    _check(document, schema, place, found)
    return found


def _check(
    document: Any, schema: Mapping[str, Any], place: Place, found: list[tuple[Place, str]]
) -> None:
    # There are as many calls as grants have members: exact types are what is told apart fastest.
    held = type(document)
    kinds = schema.get("type", ())
    kinds = (kinds,) if type(kinds) is str else kinds
    if kinds and held not in [_TYPES[kind] for kind in kinds]:
        found.append((place, f"must be of type {' or '.join(kinds)}"))
    elif held is int and not -_TOO_LARGE <= document < _TOO_LARGE:
        found.append((place, "is larger than both engines can tell"))
    elif "enum" in schema and document not in schema["enum"]:
        found.append((place, f"must be one of {', '.join(map(str, schema['enum']))}"))
    elif "const" in schema and document != schema["const"]:
        found.append((place, f"must be {schema['const']}".lower()))
    elif held is dict:
        _check_members(document, schema, place, found)
    elif held is list and "items" in schema:
        for index, item in enumerate(document):
            _check(item, schema["items"], (*place, str(index)), found)
    elif "pattern" in schema and not re.search(schema["pattern"], document):
        found.append((place, f"must be {schema['description']}"))


def _check_members(
    document: Mapping[str, Any],
    schema: Mapping[str, Any],
    place: Place,
    found: list[tuple[Place, str]],
) -> None:
    if len(document) < schema.get("minProperties", 0):
        found.append((place, "must not be empty"))
    lacking = [name for name in schema.get("required", ()) if name not in document]
    found += [(place, f"lacks {name}") for name in lacking]
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name, value in document.items():
        known = properties.get(name, others)
        if known is False:
            found.append(((*place, name), "is not known here"))
        elif known is not True:
            _check(value, known, (*place, name), found)


def without_required(schema: Any) -> Any:
    """The shape of documents from which anything may be missing."""
    if not isinstance(schema, dict):
        return schema
    return {key: without_required(each) for key, each in schema.items() if key != "required"}


def line_of_member(text: str, place: Place) -> int:
    """The line of a member in JSON text: its keys are looked for one after the other."""
    at = 0
    for key in place:
        member = text.find(json.dumps(key, ensure_ascii=False) + ":", at)
        at = member if member >= 0 else at
    return text.count("\n", 0, at) + 1


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
