"""Python text that runs a plan on structs: representations, and merging.

Of each fetch there are two functions: ``ask`` makes the request's body from what is there, ``take``
puts an answer where it belongs. Objects are held in lists, one for each node that something is done
with; each object stands in one list once, so that nothing is masked twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec
from graphql import GraphQLSchema
from msgspec import UNSET

from federation.execution.compiled.dropping import RowWriter
from federation.execution.compiled.finishing import ResponseWriter, masked_entries
from federation.execution.compiled.positions import (
    TYPENAME,
    Call,
    Node,
    Part,
    Position,
    Slot,
)
from federation.execution.compiled.sharing import comprehension, decoded_once, read_once
from federation.execution.compiled.source import Source, Unexpected
from federation.execution.compiled.structs import (
    EQUAL_AS_JSON,
    Structs,
    is_exact,
    needs_copies,
)
from federation.execution.representations import MISSING, canonical, read_value
from federation.planning.plan import Fetch, RepresentationField

_FLAT = EQUAL_AS_JSON | {"Float", TYPENAME}

_encode = msgspec.json.Encoder().encode


class _Names:
    """Attributes for tree keys; none of a schema's or a client's names becomes Python's."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, key: str) -> str:
        return self._known.setdefault(key, f"f{len(self._known)}")


class Writer:
    """Writes the functions of one plan into a source."""

    def __init__(
        self,
        source: Source,
        schema: GraphQLSchema,
        calls: Mapping[int, list[Call]],
        tested: Iterable[tuple[Node, set[str]]],
        shared: frozenset[int],
        *,
        keeps_tree: bool = False,
    ) -> None:
        self._source = source
        self._schema = schema
        self._calls = calls
        self._shared = shared
        self.attribute = self._name = _Names().of
        self._used: dict[Node, set[str]] = {}
        for call in _all(calls):
            for part in call.parts:
                self._use(part.node, _representation(call, part))
        for node, columns in tested:
            self._used.setdefault(node, set()).update(columns)
        self._structs = Structs(schema, self._name, self._used, shared=shared, keeps_all=keeps_tree)
        source.names.update(
            UNSET=UNSET,
            MISSING=MISSING,
            canonical=canonical,
            enc=_encode,
            inside=_inside_of,
            islice=islice,
            read=_read_answered,
            read_once=read_once,
        )
        self.rows = RowWriter(source, self._structs, self._name)
        self.response = ResponseWriter(source, self._structs, self._name, shared)
        self._needed: set[Node] = set()

    def _use(self, node: Node, fields: Iterable[RepresentationField]) -> None:
        """Note what is read of a node's objects, and of those inside of them."""
        used = self._used.setdefault(node, set())
        for each in fields:
            used.add(each.source)
            slot = node.slots.get(each.source)
            if slot is not None and slot.child is not None:
                self._use(_only_node(slot.child), each.fields)

    # Which objects are listed

    def list_objects(self, positions: Iterable[Position]) -> None:
        """Find out of which nodes the objects must be held; to be called before anything else."""
        self._needed = {part.node for call in _all(self._calls) for part in call.parts}
        for position in positions:
            for node in position.nodes.values():
                inner = [slot.child for slot in node.slots.values() if slot.child is not None]
                if self.response.clearing(node, position) or masked_entries(node):
                    self._needed.add(node)
                if any(self.response.is_replaced(each) for each in inner):
                    self._needed.add(node)

    def _is_needed(self, position: Position) -> bool:
        return any(
            node in self._needed
            or any(
                slot.is_asked and slot.child is not None and self._is_needed(slot.child)
                for slot in node.slots.values()
            )
            for node in position.nodes.values()
        )

    def _lists(self, slots: Iterable[Slot], container: str) -> list[str]:
        """Statements that list the objects below the fields of listed containers."""
        lines: list[str] = []
        for slot in slots:
            position = slot.child
            if position is None or not self._is_needed(position):
                continue
            objects = self._source.fresh("o")
            lines += self._found(container, slot.key, position, objects)
            for node in position.nodes.values():
                mine = objects
                if len(position.nodes) > 1:
                    kind = self._structs.named(node, position, self._source)
                    mine = f"[o for o in {objects} if type(o) is {kind}]"
                lines.append(f"s.n{node.number} = {mine}")
                asked = [each for each in node.slots.values() if each.is_asked]
                lines += self._lists(asked, f"s.n{node.number}")
        return lines

    def _found(self, container: str, key: str, position: Position, objects: str) -> Iterator[str]:
        """Statements that list the objects under one key."""
        name, depth = self._name(key), position.depth
        if position.number not in self._shared:
            yield f"{objects} = {comprehension(container, name, depth)}"
            return
        decode = msgspec.json.Decoder(self._structs.item(position)).decode
        yield from decoded_once(
            container, name, depth, position.number, self._source.constant(decode)
        )
        yield f"{objects} = [v for v in once if v is not None]"

    # Root fetches

    def root(self, fetch: Fetch, slots: Mapping[str, Slot], runtime: str) -> None:
        """Write ``take`` of a root fetch."""
        decode = self._decoder(self._structs.root(slots, runtime))
        self._source.add(
            f"def take{fetch.id}(s, text):",
            f"    answer = {decode}(text)",
            "    if answer.errors: raise Unexpected",
            f"    s.d{fetch.id} = answer.data",
            f"    here = (s.d{fetch.id},)",
            *(f"    {line}" for line in self._lists(slots.values(), "here")),
        )

    def _decoder(self, data: type[msgspec.Struct]) -> str:
        answer = msgspec.defstruct(
            "Answer", [("data", data), ("errors", list[Any] | None, None)], gc=False
        )
        return self._source.constant(msgspec.json.Decoder(answer).decode)

    # Entity fetches

    def entities(self, fetch: Fetch) -> None:
        """Write ``ask`` and ``take`` of an entity fetch."""
        calls = self._calls[fetch.id]
        is_single = len(calls) == 1
        keys = ["_entities"] if is_single else [f"_e{call.number}" for call in calls]
        lines: list[str] = [f"def ask{fetch.id}(s):"]
        for call in calls:
            lines += (f"    {line}" for line in self._representations(fetch, call))
        ids = [f"{fetch.id}_{call.number}" for call in calls]
        told = "b'\"representations\":[%b]'" if is_single else _variables(calls)
        lines += [
            f"    count = {' + '.join(f'len(s.u{each})' for each in ids)}",
            "    if not count: return None",
            f"    s.count{fetch.id} = count",
            f"    return {told} % ({', '.join(f'r{each}' for each in ids)},)",
            f"def take{fetch.id}(s, text):",
        ]
        decode = self._decoder(self._structs.answers(zip(keys, calls, strict=True)))
        lines += [
            f"    answer = {decode}(text)",
            "    if answer.errors: raise Unexpected",
            "    data = answer.data",
        ]
        for key, call in zip(keys, calls, strict=True):
            lines += (f"    {line}" for line in self._spread(fetch, key, call))
        self._source.add(*lines)

    def _representations(self, fetch: Fetch, call: Call) -> list[str]:
        """``s.u`` has each representation's key once, ``s.k`` those of the objects in ``s.o``."""
        lines: list[str] = []
        for part in call.parts:
            lines += self._objects(_id(fetch, call, part), call, part)
        sent = [list(self._sent(call, part)) for part in call.parts]
        if all(each and all(exact for *_, exact in each) for each in sent):
            return [*lines, *self._exactly(fetch, call, sent)]
        return [*lines, *self._generally(fetch, call, sent)]

    def _sent(self, call: Call, part: Part) -> Iterator[tuple[RepresentationField, Slot, bool]]:
        """What is sent, where it is, and whether it is equal exactly if its JSON is."""
        for each in _representation(call, part):
            slot = part.node.slots.get(each.source)
            if slot is None:
                raise Unexpected
            yield each, slot, not each.fields and is_exact(slot.leaf, self._schema)

    def _objects(self, at: str, call: Call, part: Part) -> list[str]:
        """Statements that tell objects with all that is sent from those that lack something."""
        here = f"s.n{part.node.number}"
        later = [
            f"o.{self._name(slot.key)}"
            for _, slot, _ in self._sent(call, part)
            if not slot.is_asked
        ]
        if not later:
            return [f"s.o{at} = {here}"]
        is_there = " and ".join(f"{each} is not UNSET" for each in later)
        is_gone = " or ".join(f"{each} is UNSET" for each in later)
        lines = [f"s.o{at} = [o for o in {here} if {is_there}]", f"if len(s.o{at}) < len({here}):"]
        if call.entity.fallbacks:
            # Something less is asked about these, in another text.
            return [*lines, "    raise Unexpected"]
        return [*lines, f"    s.l{at} = [o for o in {here} if {is_gone}]"]

    def _exactly(
        self, fetch: Fetch, call: Call, sent: list[list[tuple[RepresentationField, Slot, bool]]]
    ) -> list[str]:
        """Representations whose values are their own keys."""
        lines: list[str] = []
        for part, fields in zip(call.parts, sent, strict=True):
            at = _id(fetch, call, part)
            names = [f"o.{self._name(slot.key)}" for _, slot, _ in fields]
            key = f"({', '.join(names)})" if len(names) > 1 else names[0]
            lines.append(f"s.k{at} = [{key} for o in s.o{at}]")
        one = f"{fetch.id}_{call.number}"
        lines.append(f"s.u{one} = u = dict.fromkeys(s.k{_id(fetch, call, call.parts[0])})")
        lines += (
            f"u.update(dict.fromkeys(s.k{_id(fetch, call, part)}))" for part in call.parts[1:]
        )
        shown = "".join(f",{_encode(each.name).decode()}:%b" for each, _, _ in sent[0])
        text = f'{{"__typename":{self._told(call)}{shown}}}'.encode()
        keys = [f"k{index}" for index in range(len(sent[0]))]
        values = ", ".join(f"enc({key})" for key in keys)
        return [
            *lines,
            f"r{one} = b','.join([{text!r} % ({values},) for {', '.join(keys)} in u])",
        ]

    def _generally(
        self, fetch: Fetch, call: Call, sent: list[list[tuple[RepresentationField, Slot, bool]]]
    ) -> list[str]:
        """Representations that are told apart by their text."""
        one = f"{fetch.id}_{call.number}"
        lines = [f"s.u{one} = sent = {{}}"]
        for part, fields in zip(call.parts, sent, strict=True):
            at = _id(fetch, call, part)
            lines += [
                f"s.k{at} = keys = []",
                f"there = []; gone = list(s.l{at})",
                f"for o in s.o{at}:",
                f"    r = {{'__typename': {self._told(call)}}}",
            ]
            for each, slot, _ in fields:
                lines += [
                    f"    v = {self._read(each, slot)}",
                    "    if v is MISSING: gone.append(o); continue",
                    f"    r[{each.name!r}] = v",
                ]
            lines += [
                "    key = canonical(r)",
                "    if key not in sent: sent[key] = enc(r)",
                "    keys.append(key); there.append(o)",
                f"s.o{at} = there; s.l{at} = gone",
            ]
            if call.entity.fallbacks:
                lines.append("if gone: raise Unexpected")
        return [*lines, f"r{one} = b','.join(sent.values())"]

    def _read(self, each: RepresentationField, slot: Slot) -> str:
        """What is sent of an object ``o``, or MISSING."""
        value = f"o.{self._name(slot.key)}"
        if slot.child is None:
            return f"read({value}, {self._source.constant(each.fields)})" if each.fields else value
        return f"inside({self._inside(slot.child, each.fields)}, {value}, {slot.child.depth})"

    def _inside(self, position: Position, fields: Iterable[RepresentationField]) -> str:
        """The name of a function from an object to what is sent of it, or MISSING."""
        function, node = self._source.fresh("r"), _only_node(position)
        lines, names = [f"def {function}(o):"], []
        for at, each in enumerate(fields):
            slot = node.slots.get(each.source)
            if slot is None or each.types is not None:
                raise Unexpected
            lines += [
                f"    v{at} = {self._read(each, slot)}",
                f"    if v{at} is MISSING or v{at} is UNSET: return MISSING",
            ]
            names.append(f"{each.name!r}: v{at}")
        self._source.add(*lines, f"    return {{{', '.join(names)}}}")
        return function

    def _told(self, call: Call) -> str:
        """The type that is sent, as JSON and, since it is a plain name, as Python."""
        return _encode(call.entity.typename or call.parts[0].node.runtime).decode()

    def _spread(self, fetch: Fetch, key: str, call: Call) -> list[str]:
        """The answers of one call, put into the objects that stand for their entities."""
        one, is_told = f"{fetch.id}_{call.number}", all(part.node.is_told for part in call.parts)
        lines: list[str] = []
        for part in call.parts:
            found = f"data.{self._name(key)}"
            if needs_copies(call):
                answer = self._structs.answer(part, is_told=is_told)
                decoder = msgspec.json.Decoder(list[answer | None])  # type: ignore[valid-type]
                found = f"{self._source.constant(decoder.decode)}({found})"
            if not lines or needs_copies(call):
                lines += [
                    f"found = {found}",
                    f"if len(found) != len(s.u{one}): raise Unexpected",
                    f"answer_to = dict(zip(s.u{one}, found)).__getitem__",
                ]
            lines += self._fill(_id(fetch, call, part), part, is_only=len(call.parts) == 1)
        return lines

    def _fill(self, at: str, part: Part, *, is_only: bool) -> list[str]:
        lines: list[str] = []
        inner = [slot for slot in part.slots.values() if slot.child is not None]
        if any(slot.child is not None and self._is_needed(slot.child) for slot in inner):
            # What other parts were answered stands nowhere here, and nobody may be asked about it.
            found = "found" if is_only else f"map(answer_to, dict.fromkeys(s.k{at}))"
            lines += [f"here = [e for e in {found} if e is not None]", *self._lists(inner, "here")]
        lines += [
            "gone = []",
            f"for o, e in zip(s.o{at}, map(answer_to, s.k{at})):",
            "    if e is None:",
            "        gone.append(o)",
            "        continue",
        ]
        for key, slot in part.slots.items():
            if not self._is_kept(part, key):
                continue
            name, guard = self._name(key), ""
            if part.is_shared[key]:
                _check_merging(slot)
                # Only null gives way to another answer.
                guard = f"if o.{name} is None or o.{name} is UNSET: "
            lines.append(f"    {guard}o.{name} = e.{name}")
        lines.append(f"if gone: s.l{at} = [*s.l{at}, *gone]")
        return lines

    def _is_kept(self, part: Part, key: str) -> bool:
        if key == TYPENAME and part.node.is_told:
            return False
        return self._structs.keeps(part.node, part.node.slots[key])


def _only_node(position: Position) -> Node:
    """What all objects at a position are.

    Raises:
        Unexpected: They can be of several types.
    """
    if len(position.nodes) > 1:
        raise Unexpected
    return next(iter(position.nodes.values()))


def _read_answered(value: Any, fields: tuple[RepresentationField, ...]) -> Any:
    """What is sent of a value that no class describes, or MISSING where it has not come.

    Raises:
        Unexpected: It lacks something that was asked for.
    """
    if value is UNSET:
        return MISSING
    found = read_value(value, fields)
    if found is MISSING:
        raise Unexpected
    return found


def _inside_of(read: Callable[[Any], Any], value: Any, depth: int) -> Any:
    """What is sent of an object or of lists of them; one that lacks something spoils it all."""
    if value is None:
        return None
    if not depth:
        return read(value)
    items = [_inside_of(read, each, depth - 1) for each in value]
    return MISSING if any(each is MISSING for each in items) else items


def _check_merging(slot: Slot) -> None:
    """Two objects that a scalar of its own makes would be merged, not replaced."""
    if slot.leaf is None or slot.leaf.item is not None or slot.leaf.name not in _FLAT:
        raise Unexpected


def _all(calls: Mapping[int, list[Call]]) -> Iterable[Call]:
    return (call for each in calls.values() for call in each)


def _id(fetch: Fetch, call: Call, part: Part) -> str:
    return f"{fetch.id}_{call.number}_{part.number}"


def _representation(call: Call, part: Part) -> list[RepresentationField]:
    """The fields that are sent of entities at one place."""
    node = part.node
    return [
        each
        for each in call.entity.representation
        if each.types is None or (node.is_told and node.runtime in each.types)
    ]


def _variables(calls: list[Call]) -> str:
    named = ",".join(f'"_r{call.number}":[%b]' for call in calls)
    return f"b'{named}'"
