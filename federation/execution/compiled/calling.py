"""Generated form of ``entity_call``: the representations of one entity fetch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from federation.execution.compiled.source import Source
from federation.execution.representations import (
    MISSING,
    EntityCall,
    canonical,
    read_fields,
)
from federation.execution.tree import Object, types_of
from federation.planning.plan import EntityFetch

Call: TypeAlias = Callable[[Object], EntityCall]


def write_call(entity: EntityFetch, source: Source) -> str:
    """Write the function that makes a call from a tree without faults; the answer is its name."""
    source.names.update(EntityCall=EntityCall, MISSING=MISSING, canonical=canonical)
    function = source.fresh("call")
    source.add(
        f"def {function}(v):",
        "    positions = {}",
        "    representations = []",
        "    objects = []",
        f"    call = EntityCall({source.constant(entity)}, representations, objects)",
    )
    lines, indices = _way(entity, source)
    depth = _indent(lines)
    tail = _object(entity, source, indices)
    source.add(*(f"    {line}" for line in lines), *("    " * (depth + 1) + line for line in tail))
    source.add("    return call")
    return function


def _way(entity: EntityFetch, source: Source) -> tuple[list[str], list[str]]:
    """Nested loops and tests down to the objects, and the names of the list indices."""
    lines: list[str] = []
    indices: list[str] = []
    depth = 0

    def add(line: str, *, opens: bool = False) -> None:
        nonlocal depth
        lines.append("    " * depth + line)
        depth += opens

    for step in entity.path:
        types = types_of(step)
        if step == "@":
            indices.append(source.fresh("i"))
            add("if isinstance(v, list):", opens=True)
            add(f"for {indices[-1]}, v in enumerate(v):", opens=True)
        elif types is None:
            add("if isinstance(v, dict):", opens=True)
            add(f"v = v.get({step!r})")
        else:
            add("if isinstance(v, dict):", opens=True)
            add("name = v.get('__typename')")
            add(f"if type(name) is str and name in {source.constant(types)}:", opens=True)
    add("if isinstance(v, dict):", opens=True)
    add("pass")
    return lines, indices


def _indent(lines: list[str]) -> int:
    return (len(lines[-1]) - len(lines[-1].lstrip())) // 4


def _object(entity: EntityFetch, source: Source, indices: list[str]) -> list[str]:
    """What is done with each object; ``v`` holds it."""
    at = f"({''.join(f'{each}, ' for each in indices)})"
    lines: list[str] = []
    told, skip = repr(entity.typename), "continue" if indices else "return call"
    if entity.types is not None or entity.typename is None:
        lines.append("name = v.get('__typename')")
        is_limited = entity.types is not None
        allowed = f" or name not in {source.constant(entity.types)}" if is_limited else ""
        lines.append(f"if type(name) is not str{allowed}: {skip}")
        told = repr(entity.typename) if entity.typename else "name"
    flat = all(not each.fields and each.types is None for each in entity.representation)
    if flat:
        values = []
        for each in entity.representation:
            values.append(source.fresh("r"))
            lines.append(f"{values[-1]} = v.get({each.source!r}, MISSING)")
            lines.append(f"if {values[-1]} is MISSING: {skip}")
        shown = "".join(
            f", {each.name!r}: {value}"
            for each, value in zip(entity.representation, values, strict=True)
        )
        lines.append(f"sent = {{'__typename': {told}{shown}}}")
        # Texts and whole numbers are equal exactly if their JSON is.
        plain = " and ".join(f"(type({value}) is str or type({value}) is int)" for value in values)
        key = f"({told}, {', '.join(values)})"
        lines.append(f"key = {key} if {plain or 'True'} else canonical(sent)")
    else:
        fields, read = source.constant(entity.representation), source.constant(read_fields)
        lines.append(f"fields = {read}(v, {fields})")
        lines.append(f"if fields is MISSING: {skip}")
        lines.append(f"sent = {{'__typename': {told}, **fields}}")
        lines.append("key = canonical(sent)")
    lines += [
        "at = positions.get(key)",
        "if at is None:",
        "    positions[key] = len(representations)",
        "    representations.append(sent)",
        f"    objects.append([(v, {at})])",
        "else:",
        f"    objects[at].append((v, {at}))",
    ]
    return lines
