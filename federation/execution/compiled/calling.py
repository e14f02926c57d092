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
from federation.planning.plan import EntityFetch, ResponsePath

Call: TypeAlias = Callable[[Object], EntityCall]


def write_call(entity: EntityFetch, source: Source) -> str:
    """Write the function that makes a call from a tree without faults; the answer is its name."""
    source.names.update(EntityCall=EntityCall, MISSING=MISSING, canonical=canonical)
    function = source.fresh("call")
    source.add(
        f"def {function}(root):",
        "    positions = {}",
        "    representations = []",
        "    objects = []",
        "    rest = []",
        f"    call = EntityCall({source.constant(entity)}, representations, objects, rest)",
    )
    for number, path in enumerate(entity.paths):
        lines, indices = _way(path, source)
        depth = _indent(lines)
        found = f"v, ({''.join(f'{each}, ' for each in indices)}), {number}"
        tail = _object(entity, source, found)
        source.add(*(f"    {line}" for line in lines))
        source.add(*("    " * (depth + 1) + line for line in tail))
    source.add("    return call")
    return function


def _way(path: ResponsePath, source: Source) -> tuple[list[str], list[str]]:
    """Nested loops and tests down to the objects, and the names of the list indices.

    The outermost loop runs once, so that every way can be left alike.
    """
    lines: list[str] = []
    indices: list[str] = []
    depth = 0

    def add(line: str, *, opens: bool = False) -> None:
        nonlocal depth
        lines.append("    " * depth + line)
        depth += opens

    add("for v in (root,):", opens=True)
    for step in path:
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


def _object(entity: EntityFetch, source: Source, found: str) -> list[str]:
    """What is done with each object; ``v`` holds it.

    Args:
        found: The object as the call keeps it, without parentheses.
    """
    lines: list[str] = []
    told = repr(entity.typename)
    passed_over = [f"    rest.append(({found}))", "    continue"]
    if entity.types is not None or entity.typename is None:
        lines.append("name = v.get('__typename')")
        is_limited = entity.types is not None
        allowed = f" or name not in {source.constant(entity.types)}" if is_limited else ""
        lines.append(f"if type(name) is not str{allowed}: continue")
        told = repr(entity.typename) if entity.typename else "name"
    flat = all(not each.fields and each.types is None for each in entity.representation)
    if flat:
        values = []
        for each in entity.representation:
            values.append(source.fresh("r"))
            lines.append(f"{values[-1]} = v.get({each.source!r}, MISSING)")
            lines += [f"if {values[-1]} is MISSING:", *passed_over]
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
        lines += ["if fields is MISSING:", *passed_over]
        lines.append(f"sent = {{'__typename': {told}, **fields}}")
        lines.append("key = canonical(sent)")
    lines += [
        "at = positions.get(key)",
        "if at is None:",
        "    positions[key] = len(representations)",
        "    representations.append(sent)",
        f"    objects.append([({found})])",
        "else:",
        f"    objects[at].append(({found}))",
    ]
    return lines
