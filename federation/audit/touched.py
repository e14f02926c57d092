"""What was released: persons and entities, found in the tree and told by keyed hashes."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from msgspec import UNSET, Struct
from msgspec.structs import replace

from federation.audit.digests import NameHashes, keyed_digest, keyed_digests
from federation.audit.naming import NamedPlan, NameRule, Names
from federation.audit.record import TouchedEntities
from federation.planning import OutputField

SUBJECT = "subject"
UNNAMEABLE = "none"
MAX_DIGESTS = 1_000
"""Digests in one record; 40 kB."""

EVERYTHING: Any = ...
"""In place of a response without errors: all that was fetched for it was released."""


@dataclass(slots=True)
class Found:
    """Names of objects, not hashed yet, by type and by what they are (see ``TouchedEntities.by``).

    Attributes:
        written: Names of one text, as subgraphs write them.
        canonical: All other names, as the texts that are hashed.
        unnamed: How many objects had no name.
    """

    written: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    canonical: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    unnamed: dict[tuple[str, str], int] = field(default_factory=dict)

    def note(self, of: tuple[str, str], value: Any) -> None:
        """Note a name of one leaf."""
        if isinstance(value, str):
            self.written.setdefault(of, {})[value] = None
        else:
            self.canonical.setdefault(of, {})[plain_text(value)] = None

    def digests(self, of: tuple[str, str], hashes: NameHashes) -> tuple[str, ...]:
        """Those of the names, sorted, each once: one name may have been written in two ways."""
        by = of[1]
        found = hashes.of(by, self.written.get(of, {}), plain_text)
        canonical = self.canonical.get(of)
        if canonical:
            found += keyed_digests(hashes.key, by, canonical)
        return tuple(sorted(set(found)))


def find_names(tree: Mapping[str, Any], data: Any, names: Names) -> Found:
    """The names of all objects of a tree that a response holds.

    Args:
        tree: Merged answers, with values as the subgraphs gave them.
        data: The response made of it, or ``EVERYTHING``. What is null in it was not released. A
            list that is not released whole is told as its items by index.
        names: Of the plan that both come from.
    """
    found = Found()
    if data is EVERYTHING:
        _gather([tree], names, found, _Trees())
    elif data is not None:
        _visit(tree, data, names, found)
    return found


def touched(
    tree: Mapping[str, Any], data: Any, plan: NamedPlan, hashes: NameHashes
) -> tuple[TouchedEntities, ...]:
    """What a response made of a tree releases; arguments as of ``find_names``.

    Args:
        plan: The plan that was run.
        hashes: Of the names.
    """
    return told(find_names(tree, data, plan.names), plan, hashes, is_empty=data is None)


def told(
    found: Found, plan: NamedPlan, hashes: NameHashes, *, is_empty: bool = False
) -> tuple[TouchedEntities, ...]:
    """Names as they are recorded.

    Args:
        found: The names.
        plan: The plan that was run.
        hashes: Of the names.
        is_empty: Nothing was released at all.
    """
    named = [
        TouchedEntities(
            type=of[0],
            by=of[1],
            digests=found.digests(of, hashes),
            unnamed=found.unnamed.get(of, 0),
        )
        for of in found.written | found.canonical | found.unnamed
    ]
    if not is_empty:
        named += [TouchedEntities(type=name, by=UNNAMEABLE) for name in plan.unnamed]
    named.sort(key=lambda each: (each.type, each.by))
    return tuple(named)


def subject_digest(key: bytes, value: object) -> str:
    """The digest of a person's number, however it was written."""
    return keyed_digest(key, SUBJECT, plain_text(value))


def plain_text(value: object) -> str:
    """One text for all ways of writing one number or name.

    Compatibility forms (full-width digits) are made plain, space around is dropped, and letters are
    made capitals, since check digits are written both ways.
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return unicodedata.normalize("NFKC", text).strip().upper()


def pages(
    entities: Sequence[TouchedEntities], subjects: Sequence[str]
) -> list[tuple[tuple[TouchedEntities, ...], tuple[str, ...]]]:
    """The same in parts of at most ``MAX_DIGESTS`` digests each; at least one."""
    if sum(len(each.digests) for each in entities) + len(subjects) <= MAX_DIGESTS:
        return [(tuple(entities), tuple(subjects))]
    made: list[tuple[tuple[TouchedEntities, ...], tuple[str, ...]]] = [
        ((), tuple(subjects[at : at + MAX_DIGESTS])) for at in range(0, len(subjects), MAX_DIGESTS)
    ]
    page: list[TouchedEntities] = []
    room = MAX_DIGESTS
    for part in _parts(entities):
        if len(part.digests) > room:
            made.append((tuple(page), ()))
            page, room = [], MAX_DIGESTS
        page.append(part)
        room -= len(part.digests)
    if page:
        made.append((tuple(page), ()))
    return made


def _parts(entities: Iterable[TouchedEntities]) -> Iterator[TouchedEntities]:
    for each in entities:
        for at in range(0, max(len(each.digests), 1), MAX_DIGESTS):
            yield replace(
                each,
                digests=each.digests[at : at + MAX_DIGESTS],
                unnamed=0 if at else each.unnamed,
            )


class _Trees:
    """Reads trees of dicts."""

    @staticmethod
    def values(objects: list[Any], source: str) -> list[Any]:
        """What the objects of one place hold under a tree key."""
        return [each.get(source) for each in objects]

    @staticmethod
    def typename(each: Any) -> Any:
        """The type that an object tells."""
        return each.get("__typename")

    @staticmethod
    def is_object(kind: type) -> bool:
        """Whether values of this type are objects of the tree."""
        return kind is dict


class _Structs:
    """Reads structs that answers were decoded into."""

    def __init__(self, attribute: Callable[[str], str]) -> None:
        self._attribute = attribute

    def values(self, objects: list[Any], source: str) -> list[Any]:
        """See ``_Trees``."""
        attribute = self._attribute(source)
        return [
            None if (got := getattr(each, attribute, None)) is UNSET else got for each in objects
        ]

    def typename(self, each: Any) -> Any:
        """See ``_Trees``."""
        told = getattr(each, self._attribute("__typename"), None)
        return told if isinstance(told, str) else each.__struct_config__.tag

    @staticmethod
    def is_object(kind: type) -> bool:
        """See ``_Trees``."""
        return issubclass(kind, Struct)


def find_typed_names(
    roots: Mapping[str, Any], attribute: Callable[[str], str], names: Names
) -> Found:
    """``find_names`` of everything, in answers that were decoded into structs.

    Args:
        roots: By tree key, what the root fields gave.
        attribute: Of the structs, for a tree key.
        names: Of the plan.
    """
    found, reader = Found(), _Structs(attribute)
    for source, _, _, below in names.inner:
        _gather(_objects([roots.get(source)], reader), below, found, reader)
    return found


def _gather(objects: list[Any], names: Names, found: Found, reader: _Trees | _Structs) -> None:
    """All objects of one place at once: most of the time of a large answer is spent here."""
    for rule in names.rules:
        met = objects
        if rule.only is not None:
            met = [each for each in objects if reader.typename(each) == rule.only]
        if rule.is_plain and (rule.only is not None or not rule.is_abstract):
            of, source = (rule.type, rule.by), rule.reads[0].source
            _note_plain(of, reader.values(met, source), found)
        elif rule.is_plain:
            read = reader.values(met, rule.reads[0].source)
            for each, value in zip(met, read, strict=True):
                typename = reader.typename(each)
                known = typename if isinstance(typename, str) else rule.type
                _note_plain((known, rule.by), [value], found)
        else:
            # Seldom: names of several fields.
            for each in met:
                value = _plain(each, rule, reader) if isinstance(reader, _Structs) else each
                _name(value, reader.typename(each), rule, found)
    for source, _, types, below in names.inner:
        met = objects
        if types is not None:
            met = [each for each in objects if reader.typename(each) in types]
        _gather(_objects(reader.values(met, source), reader), below, found, reader)


def _plain(each: Any, rule: NameRule, reader: _Structs) -> dict[str, Any]:
    """The fields of a struct that a rule reads, as they stand in a tree."""
    found = {read.source: reader.values([each], read.source)[0] for read in rule.reads}
    return {source: _tree(value, reader, rule.reads) for source, value in found.items()}


def _tree(value: Any, reader: _Structs, reads: Iterable[OutputField]) -> Any:
    if isinstance(value, list):
        return [_tree(item, reader, reads) for item in value]
    if not isinstance(value, Struct):
        return value
    inner = [below for read in reads for below in read.fields]
    return {
        below.source: _tree(reader.values([value], below.source)[0], reader, inner)
        for below in inner
    }


def _objects(values: list[Any], reader: _Trees | _Structs) -> list[Any]:
    """All objects among values, those in lists included."""
    kinds = set(map(type, values))
    while list in kinds:
        if len(kinds) > 1:
            values = [each if type(each) is list else [each] for each in values]
        values = list(chain.from_iterable(values))
        kinds = set(map(type, values))
    if all(map(reader.is_object, kinds)):
        return values
    return [each for each in values if reader.is_object(type(each))]


def _note_plain(of: tuple[str, str], read: list[Any], found: Found) -> None:
    if set(map(type, read)) == {str}:  # mostly
        found.written.setdefault(of, {}).update(dict.fromkeys(read))
        return
    for each in read:
        if each is None:
            found.unnamed[of] = found.unnamed.get(of, 0) + 1
        else:
            found.note(of, each)


def _visit(value: Any, shown: Any, names: Names, found: Found) -> None:
    if isinstance(value, list):
        paired = isinstance(shown, list) and len(shown) == len(value)
        for at, item in enumerate(value):
            part = shown[at] if paired else EVERYTHING
            if isinstance(shown, dict):
                part = shown.get(at)
            if part is not None:
                _visit(item, part, names, found)
    elif isinstance(value, dict):
        typename = value.get("__typename")
        for rule in names.rules:
            if rule.only is None or rule.only == typename:
                _name(value, typename, rule, found)
        for source, key, types, below in names.inner:
            part = shown.get(key) if isinstance(shown, dict) else EVERYTHING
            if part is not None and (types is None or typename in types):
                _visit(value.get(source), part, below, found)


def _name(value: Mapping[str, Any], typename: Any, rule: NameRule, found: Found) -> None:
    known = isinstance(typename, str) and rule.only is None and rule.is_abstract
    of = (typename if known else rule.type, rule.by)
    if rule.is_plain:
        read = value.get(rule.reads[0].source)
        if read is not None:
            found.note(of, read)
            return
    else:
        parts = [_read(value, each) for each in rule.reads]
        if None not in parts:
            text = json.dumps(parts, ensure_ascii=False)
            found.canonical.setdefault(of, {})[text] = None
            return
    found.unnamed[of] = found.unnamed.get(of, 0) + 1


def _read(value: Any, output: OutputField) -> Any:
    return _canonical(value.get(output.source), output)


def _canonical(value: Any, output: OutputField) -> Any:
    if value is None:
        return None
    if isinstance(value, list):
        return [_canonical(item, output) for item in value]
    if output.fields and isinstance(value, dict):
        return {each.name: _read(value, each) for each in output.fields}
    return plain_text(value)
