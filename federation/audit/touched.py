"""What was released: persons and entities, found in the tree and told by keyed hashes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from federation.audit.digests import NameHashes, keyed_digest
from federation.audit.names import Found, NameRule, Names, objects_among, plain_text
from federation.audit.naming import NamedPlan
from federation.audit.record import TouchedEntities
from federation.planning import OutputField

SUBJECT = "subject"
UNNAMEABLE = "none"
MAX_DIGESTS = 1_000
"""Digests in one record; 40 kB."""

EVERYTHING: Any = ...
"""In place of a response without errors or conditions: all that was fetched was released."""


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
        _gather([tree], names, found)
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


def subject_digests(hashes: NameHashes, values: Iterable[Any]) -> tuple[str, ...]:
    """The digests of persons' numbers, sorted, each once."""
    texts = {value if isinstance(value, str) else plain_text(value) for value in values}
    return tuple(sorted(set(hashes.of(SUBJECT, texts, plain_text)))) if texts else ()


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


def _gather(objects: list[Any], names: Names, found: Found) -> None:
    """All objects of one place at once: most of the time of a large answer is spent here."""
    for rule in names.rules:
        met = objects
        if rule.only is not None:
            met = [each for each in objects if each.get("__typename") == rule.only]
        if rule.is_plain and (rule.only is not None or not rule.is_abstract):
            source = rule.reads[0].source
            found.note_all((rule.type, rule.by), [each.get(source) for each in met])
        else:
            for each in met:
                _name(each, rule, found)
    for source, _, types, below in names.inner:
        met = objects
        if types is not None:
            met = [each for each in objects if each.get("__typename") in types]
        _gather(objects_among([each.get(source) for each in met], dict), below, found)


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
                _name(value, rule, found)
        for source, key, types, below in names.inner:
            part = shown.get(key) if isinstance(shown, dict) else EVERYTHING
            if part is not None and (types is None or typename in types):
                _visit(value.get(source), part, below, found)


def _name(value: Mapping[str, Any], rule: NameRule, found: Found) -> None:
    of = rule.of(value.get("__typename"))
    if rule.is_plain:
        found.note(of, value.get(rule.reads[0].source))
    else:
        found.note_parts(of, [_read(value, each) for each in rule.reads])


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
