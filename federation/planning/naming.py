"""Tree keys: under which key a field's value stands in the tree of merged answers.

A field stands under the client's response key where possible. Two fields clash at one place when
they share a key but not name, arguments and type: sibling fragments of types that exclude each
other, or a requirement with arguments of its own. The later one then gets an internal alias, and so
does what a client calls ``__typename``: under that key stands the type and nothing else.
"""

from __future__ import annotations

from typing import TypeAlias

from federation.planning.plan import ResponsePath
from federation.selection import TYPENAME, Argument

_Identity: TypeAlias = tuple[str, tuple[Argument, ...], str, str]
"""Name, arguments, signature and wanted key of a field."""


class Naming:
    """Tree keys of one plan, handed out in the order in which they are asked for."""

    def __init__(self) -> None:
        # By place and tree key, the field that has it.
        self._places: dict[ResponsePath, dict[str, _Identity]] = {}

    def key(
        self,
        path: ResponsePath,
        name: str,
        arguments: tuple[Argument, ...],
        wanted: str,
        signature: str,
    ) -> str:
        """The tree key of a field.

        Args:
            path: Of the object that holds the field; type conditions in it are ignored, since
                objects of all types share one tree.
            wanted: The response key, or the field name for what only the planner needs.
            signature: The field's types in all subgraphs; fields that differ in it may not share a
                key in one subgraph's operation.
        """
        place = self._places.get(path)
        if place is None:
            plain = tuple(step for step in path if not step.startswith("|"))
            place = self._places[path] = self._places.setdefault(plain, {})
        # A planner's need may share the client's key, whatever its alias, if all else is equal.
        identity = (name, arguments, signature, wanted)
        key = wanted
        number = 0
        while key == TYPENAME.name or place.setdefault(key, identity) != identity:
            number += 1
            key = f"_{number}_{wanted}"
        return key
