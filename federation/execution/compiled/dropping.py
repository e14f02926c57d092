"""Python text for row filters that the gateway applies: rows leave before anything is made of them.

It takes out what ``federation.execution.rows`` takes out of the tree, and knows no failures: a row
without one of its columns is one whose owner does not know it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from federation.execution.compiled.positions import Node, Position, way
from federation.execution.compiled.sharing import comprehension
from federation.execution.compiled.source import Source, Unexpected
from federation.execution.compiled.structs import Structs
from federation.execution.tree import types_of
from federation.planning.plan import RowTest


def columns_of(tests: Iterable[RowTest], root: Node) -> Iterator[tuple[Node, set[str]]]:
    """The nodes whose objects are tested, and the tree keys that a test reads."""
    for test in tests:
        for node in _tested(test, way(root, test.path)[-1][1]):
            yield node, {key for _, key in test.columns}


class RowWriter:
    """Writes ``drop`` of one plan into a source."""

    def __init__(self, source: Source, structs: Structs, name: Callable[[str], str]) -> None:
        self._source = source
        self._structs = structs
        self._name = name

    def drop(self, tests: Iterable[RowTest], root: Node, fetched: Mapping[str, int]) -> None:
        """Write the function that is to be called when all answers are there.

        Args:
            tests: In the order of the plan: rows inside of dropped ones are not looked at.
            root: Whose entries are the response.
            fetched: By tree key, the root fetch that it comes from.
        """
        lines: list[str] = []
        for test in tests:
            lines += self._test(test, root, fetched)
        self._source.add("def drop(s):", "    s.hidden = set()", *(f"    {line}" for line in lines))

    def _test(self, test: RowTest, root: Node, fetched: Mapping[str, int]) -> Iterator[str]:
        steps = way(root, test.path)
        names = [step for step in test.path if step != "@" and types_of(step) is None]
        container = f"(s.d{fetched[names[0]]},)"
        for name, (position, nodes) in zip(names[:-1], steps[:-1], strict=True):
            objects = self._source.fresh("o")
            found = comprehension(container, self._name(name), position.depth)
            yield f"{objects} = {found}"
            kinds = self._kinds(nodes, position)
            container = f"[o for o in {objects} if {kinds.format('o')}]" if kinds else objects
        position, nodes = steps[-1]
        tested = _tested(test, nodes)
        if tested:
            yield from self._take_out(test, position, tested, container, self._name(names[-1]))

    def _take_out(
        self, test: RowTest, position: Position, tested: list[Node], container: str, name: str
    ) -> Iterator[str]:
        """Statements that test each object once, and take it out wherever it stands."""
        kinds = self._kinds(tested, position)
        only = f" if {kinds.format('v')}" if kinds else ""
        row = self._row(test, tested[0])
        yield f"test = s.tests[{test.type!r}]"
        yield f"rows = {comprehension(container, name, position.depth)}"
        yield f"rows = {{id(v): v for v in rows{only}}}"
        yield f"gone = {{at for at, v in rows.items() if not test({row}(v))}}"
        yield "if gone:"
        yield "    s.hidden |= gone"
        if position.depth:
            yield f"    lists = {comprehension(container, name, position.depth - 1)}"
            yield "    s.filtered += sum([id(v) in gone for each in lists for v in each])"
            yield "    for each in lists: each[:] = [v for v in each if id(v) not in gone]"
        elif position.type.non_null:
            yield "    raise Unexpected"
        else:
            yield f"    alone = [o for o in {container} if id(o.{name}) in gone]"
            yield "    s.filtered += len(alone)"
            yield f"    for o in alone: o.{name} = None"

    def _kinds(self, nodes: list[Node], position: Position) -> str:
        """A condition on an object, with a place for its name; empty where there is no other."""
        if len(nodes) == len(position.nodes):
            return ""
        names = [self._structs.named(node, position, self._source) for node in nodes]
        return " or ".join(f"type({{0}}) is {each}" for each in names) or "False"

    def _row(self, test: RowTest, node: Node) -> str:
        """The name of a function from an object to its columns, those left out that it lacks."""
        function = self._source.fresh("row")
        pairs = [(name, f"o.{self._name(key)}") for name, key in test.columns if key in node.slots]
        asked = ", ".join(f"{name!r}: {value}" for name, value in pairs)
        self._source.add(
            f"def {function}(o):",
            f"    row = {{{asked}}}",
            "    return row if UNSET not in row.values() else "
            "{name: v for name, v in row.items() if v is not UNSET}",
        )
        return function


def _tested(test: RowTest, nodes: list[Node]) -> list[Node]:
    """The nodes at the end of the way that the test concerns; what cannot be told is none's code.

    Raises:
        Unexpected: Objects do not tell whether it concerns them, or hold a column otherwise than as
            a leaf.
    """
    if not test.is_certain and not all(node.is_told for node in nodes):
        raise Unexpected
    tested = [node for node in nodes if test.is_certain or node.runtime == test.type]
    for node in tested:
        slots = (node.slots.get(key) for _, key in test.columns)
        if any(slot is not None and slot.leaf is None for slot in slots):
            raise Unexpected
    return tested
