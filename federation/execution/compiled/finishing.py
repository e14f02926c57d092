"""Python text for the end of a run: the response, made of the objects that answers came with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from federation.execution.compiled.masking import leaves, mask_with
from federation.execution.compiled.positions import (
    TYPENAME,
    Call,
    Node,
    Part,
    Position,
    Slot,
    depth_of,
)
from federation.execution.compiled.sharing import comprehension, encoded_once
from federation.execution.compiled.source import Source, Unexpected
from federation.execution.compiled.structs import Structs, converts
from federation.execution.selected import Entry


class ResponseWriter:
    """Writes ``tree`` and ``finish`` of one plan into a source."""

    def __init__(
        self,
        source: Source,
        structs: Structs,
        name: Callable[[str], str],
        shared: frozenset[int],
    ) -> None:
        self._source = source
        self._structs = structs
        self._name = name
        self._shared = shared
        source.names.update(
            Raw=msgspec.Raw, leaves=leaves, as_it_is=_as_it_is, plain=msgspec.to_builtins
        )

    def finish(
        self,
        root: Node,
        fetched: Mapping[str, int],
        calls: Mapping[int, list[Call]],
        positions: Iterable[Position],
    ) -> None:
        """Write the function that makes the text of the response without errors.

        Args:
            root: Whose entries are the response.
            fetched: By tree key, the root fetch that it comes from.
            calls: By id of their fetch.
            positions: All there are, outer ones first.
        """
        known = list(positions)
        lines: list[str] = []
        for fetch_id, asked in calls.items():
            for call in asked:
                for part in call.parts:
                    lines += self._nulls(f"{fetch_id}_{call.number}_{part.number}", part)
        for key, slot in root.slots.items():
            lines += self._counts([slot], f"(s.d{fetched[key]},)")
        for position in known:
            for node in position.nodes.values():
                lines += self._masks(node)
                lines += self.clearing(node, position)
        for position in reversed(known):
            for node in position.nodes.values():
                lines += self._conversions(node.slots.values(), f"s.n{node.number}")
        for key, slot in root.slots.items():
            lines += self._conversions([slot], f"(s.d{fetched[key]},)")
        shown = (f"{entry.key!r}: {self._at_root(entry, root, fetched)}" for entry in root.entries)
        self._source.add(
            "def finish(s):",
            *(f"    {line}" for line in lines),
            f"    return enc({{'data': {{{', '.join(shown)}}}}})",
        )

    def tree(self, fetched: Mapping[str, int]) -> None:
        """Write the functions that make the tree of answers, and give what it would be made of.

        They are to be called before ``finish``.
        """
        found = (f"{key!r}: plain(s.d{at}.{self._name(key)})" for key, at in fetched.items())
        self._source.add("def tree(s):", f"    return {{{', '.join(found)}}}")
        values = (f"{key!r}: s.d{at}.{self._name(key)}" for key, at in fetched.items())
        self._source.add("def roots(s):", f"    return {{{', '.join(values)}}}")

    def _at_root(self, entry: Entry, root: Node, fetched: Mapping[str, int]) -> str:
        if entry.name == TYPENAME:
            return repr(root.runtime)
        if entry.source in fetched and entry.refusal is None and entry.mask is None:
            return f"s.d{fetched[entry.source]}.{self._name(entry.source)}"
        if entry.type.non_null or entry.mask is not None:
            raise Unexpected
        return "None"

    def _nulls(self, at: str, part: Part) -> list[str]:
        """Null for what was to come of entities that are not there."""
        lines = []
        for key in part.slots:
            entry = part.node.slots[key].entry
            if entry is None or part.node.slots[key].is_asked:
                continue
            lines.append(f"    if o.{self._name(key)} is UNSET:")
            # Of rows that are not shown nothing need be there.
            if entry.type.non_null:
                lines.append("        if id(o) not in s.hidden: raise Unexpected")
            else:
                lines.append(f"        o.{self._name(key)} = None")
        return [f"for o in s.l{at}:", *lines] if lines else []

    def _counts(self, slots: Iterable[Slot], container: str) -> list[str]:
        """Statements that count masked values, those of shared objects as often as they are shown.

        That is by way of the objects that show them, not of the answers they came with.
        """
        lines: list[str] = []
        for slot in slots:
            position = slot.child
            if position is None or not self._is_masked(position):
                continue
            objects = self._source.fresh("o")
            found = comprehension(container, self._name(slot.key), position.depth)
            lines.append(f"{objects} = {found}")
            for node in position.nodes.values():
                mine = objects
                if len(position.nodes) > 1:
                    mine = self._source.fresh("o")
                    kind = self._structs.named(node, position, self._source)
                    lines.append(f"{mine} = [o for o in {objects} if type(o) is {kind}]")
                lines += [self._count(entry, mine) for entry in masked_entries(node)]
                lines += self._counts(node.slots.values(), mine)
        return lines

    def _count(self, entry: Entry, objects: str) -> str:
        value, depth = f"o.{self._name(entry.source)}", depth_of(entry.type)
        if depth:
            return f"s.masked += sum([leaves({value}, {depth}) for o in {objects}])"
        return f"s.masked += len([o for o in {objects} if {value} is not None])"

    def _is_masked(self, position: Position) -> bool:
        return any(
            masked_entries(node)
            or any(each.child and self._is_masked(each.child) for each in node.slots.values())
            for node in position.nodes.values()
        )

    def _masks(self, node: Node) -> list[str]:
        lines: list[str] = []
        for entry in masked_entries(node):
            name, mask = self._name(entry.source), self._source.fresh("mask")
            apply = self._source.constant(mask_with(entry))
            lines += [
                f"{mask} = s.masks[{(node.runtime, entry.name)!r}]",
                f"for o in s.n{node.number}:",
                f"    if o.{name} is not None: o.{name} = {apply}({mask}, o.{name})",
            ]
        return lines

    def clearing(self, node: Node, position: Position) -> list[str]:
        """Statements that take away what is not for clients, from what is encoded as it is."""
        if converts(node, is_tagged=position.is_tagged):
            return []
        lines: list[str] = []
        for key, slot in node.slots.items():
            if key == TYPENAME and position.is_tagged:
                continue
            if slot.entry is not None and slot.entry.refusal is not None:
                lines.append(f"    o.{self._name(key)} = None")
            elif slot.entry is None and (slot.is_asked or self._structs.keeps(node, slot)):
                lines.append(f"    o.{self._name(key)} = UNSET")
        return [f"for o in s.n{node.number}:", *lines] if lines else []

    def is_replaced(self, position: Position) -> bool:
        """Whether something else than what was decoded is encoded in place of some objects."""
        return position.number in self._shared or self._is_converted(position)

    def _is_converted(self, position: Position) -> bool:
        return any(converts(node, is_tagged=position.is_tagged) for node in position.nodes.values())

    def _conversions(self, slots: Iterable[Slot], container: str) -> list[str]:
        lines: list[str] = []
        for slot in slots:
            if slot.child is None or not self.is_replaced(slot.child):
                continue
            name = self._name(slot.key)
            function = self._conversion(slot.child) if self._is_converted(slot.child) else ""
            if slot.child.number in self._shared:
                lists = [f"*s.n{node.number}" for node in slot.child.nodes.values()]
                objects = f"({', '.join(lists)},)"
                lines += encoded_once(container, name, slot.child.depth, objects, function)
                continue
            value = f"{function}(v)"
            for _ in range(slot.child.depth):
                value = f"[None if v is None else {value} for v in v]"
            lines += [
                f"for o in {container}:",
                f"    v = o.{name}",
                f"    if v is not None: o.{name} = {value}",
            ]
        return lines

    def _conversion(self, position: Position) -> str:
        """A function from objects as they were decoded to objects as they are shown."""
        function, table = self._source.fresh("c"), self._source.fresh("t")
        ways: list[str] = []
        for node in position.nodes.values():
            kind = self._structs.named(node, position, self._source)
            if not converts(node, is_tagged=position.is_tagged):
                ways.append(f"{kind}: as_it_is")
                continue
            shown = self._source.constant(self._structs.response(node))
            way = self._source.fresh("w")
            values = []
            for entry in node.entries:
                value = f"o.{self._name(entry.source)}"
                if entry.name == TYPENAME:
                    value = repr(node.runtime)
                elif entry.refusal is not None or entry.source not in node.slots:
                    value = "None"
                values.append(value)
            self._source.add(f"def {way}(o): return {shown}({', '.join(values)})")
            # Objects that two places share may be met a second time.
            ways += [f"{kind}: {way}", f"{shown}: as_it_is"]
        self._source.add(
            f"{table} = {{{', '.join(ways)}}}", f"def {function}(o): return {table}[type(o)](o)"
        )
        return function


def masked_entries(node: Node) -> list[Entry]:
    """Entries of a node that are masked and can have a value."""
    return [each for each in node.entries if each.mask is not None and each.source in node.slots]


def _as_it_is(value: Any) -> Any:
    return value
