"""Whom an answer is about, said once more and without the gateway's code.

The reference of ``random_rights`` answers once more, with fields beside those of the client that
say of each object which one it is. What stands in the answer was released.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import FieldNode, SelectionSetNode, Visitor, parse, print_ast, visit

from federation.audit import Identity, TouchedEntities, keyed_digest
from federation.selection import Field, SelectionSet
from tests.no_leak.random_rights import SECRET, TELLING, Reference

ALIASES = ("a_", "b_")
"""How the writer of operations begins aliases."""

Names = dict[tuple[str, str], set[str]]
Released = tuple[Names, Counter[tuple[str, str]]]
"""By type and what they are: keyed hashes of names, and how many objects have none."""


def released(reference: Reference, text: str, identities: Mapping[str, Identity]) -> Released:
    """What records must say of a whole answer, under an empty key."""
    names: Names = {}
    unnamed: Counter[tuple[str, str]] = Counter()
    data = _telling(reference, text, identities)
    for each in _objects(data):
        name = each[f"{TELLING}typename"]
        if name not in identities:
            continue
        parts = {
            part.name: _plain(each[f"{TELLING}{name}_{part.name}"])
            for part in identities[name].selections
            if isinstance(part, Field)
        }
        of = (name, by(identities[name]))
        if None in parts.values():
            unnamed[of] += 1
            continue
        names.setdefault(of, set()).add(_digest(of[1], parts))
    return names, unnamed


def overlooked(
    reference: Reference, text: str, identities: Mapping[str, Identity], told: Released
) -> list[str]:
    """Texts of rows that an answer shows and its record neither names nor counts.

    Args:
        text: The answer.
        told: The record.
    """
    return [
        value
        for type_name, rows in reference.world.graph.rows.items()
        for row in rows
        for name, value in row.items()
        if isinstance(value, str)
        and SECRET in value
        and "(" not in value
        and value in text
        and not _is_told(row, type_name, identities, told)
    ]


def _is_told(
    row: Mapping[str, Any], type_name: str, identities: Mapping[str, Identity], told: Released
) -> bool:
    identity = identities[type_name]
    of = (type_name, by(identity))
    parts = {
        each.name: _plain(
            {
                inner.name: row[each.name][inner.name]
                for inner in each.selections
                if isinstance(inner, Field)
            }
            if each.selections
            else row[each.name]
        )
        for each in identity.selections
        if isinstance(each, Field)
    }
    digest = _digest(of[1], parts)
    return (
        bool(told[1][of] or told[1]["Node", of[1]])
        or digest in told[0].get(of, ())
        or digest in told[0].get(("Node", of[1]), ())
    )


def _digest(kind: str, parts: Mapping[str, Any]) -> str:
    ordered = [parts[part] for part in sorted(parts)]
    is_plain = len(ordered) == 1 and isinstance(ordered[0], str)
    told = ordered[0] if is_plain else json.dumps(ordered, ensure_ascii=False)
    return keyed_digest(b"", kind, str(told))


def masked(reference: Reference, text: str, identities: Mapping[str, Identity]) -> int:
    """How many masked values a whole answer shows, those masked to null left out."""
    return sum(
        _leaves(value)
        for each in _objects(_telling(reference, text, identities))
        for key, value in each.items()
        if not key.startswith(TELLING) and reference.masks(each[f"{TELLING}typename"], _name(key))
    )


def _telling(reference: Reference, text: str, identities: Mapping[str, Identity]) -> Any:
    return reference.answer(with_telling(text, identities))


def _name(key: str) -> str:
    return key[2:] if key.startswith(ALIASES) else key


def _leaves(value: Any) -> int:
    return sum(map(_leaves, value)) if isinstance(value, list) else int(value is not None)


def agree(told: Released, truth: Released) -> bool:
    """Whether a record says what was released.

    Objects of an interface that were not asked for their types are told as the interface's.
    """
    return _agree(told[0], truth[0]) and told[1] == truth[1]


def agree_in_parts(parts: Iterable[Iterable[TouchedEntities]], truth: Released) -> bool:
    """Whether the records of all parts say together what was released.

    An object that stands in several parts is named in each of them.
    """
    names: Names = {}
    unnamed: Counter[tuple[str, str]] = Counter()
    for entities in parts:
        told = recorded(entities)
        for of, found in told[0].items():
            names.setdefault(of, set()).update(found)
        unnamed |= told[1]
    return _agree(names, truth[0]) and unnamed.keys() == truth[1].keys()


def recorded(entities: Iterable[TouchedEntities]) -> Released:
    """What a record says."""
    named = list(entities)
    names = {(each.type, each.by): set(each.digests) for each in named if each.digests}
    return names, Counter({(e.type, e.by): e.unnamed for e in named if e.unnamed})


def _agree(told: Names, truth: Names) -> bool:
    parts = [
        {(type_name, by, each) for (type_name, by), found in names.items() for each in found}
        for names in (told, truth)
    ]
    typed = {each for each in parts[0] if each[0] != "Node"}
    without_types = [{each[1:] for each in part} for part in parts]
    return typed <= parts[1] and without_types[0] == without_types[1]


def by(identity: Identity) -> str:
    """What names the objects of a type, as records tell it."""
    if identity.is_subject:
        return "subject"
    return " ".join(("key", *sorted(_labels(identity.selections))))


def with_telling(text: str, identities: Mapping[str, Identity]) -> str:
    """The operation, with fields at every object that say which one it is."""
    selections = [f"{TELLING}typename: __typename"]
    for name, identity in identities.items():
        own = " ".join(
            f"{TELLING}{name}_{each.name}: {each.name}{_below(each.selections)}"
            for each in identity.selections
            if isinstance(each, Field)
        )
        selections.append(f"... on {name} {{ {own} }}")
    told: Any = parse(f"{{ {' '.join(selections)} }}").definitions[0]

    class Adder(Visitor):
        def leave_field(self, node: FieldNode, *_: Any) -> FieldNode | None:
            if node.selection_set is None:
                return None
            here = node.selection_set.selections
            return FieldNode(
                alias=node.alias,
                name=node.name,
                arguments=node.arguments,
                directives=node.directives,
                selection_set=SelectionSetNode(selections=(*here, *told.selection_set.selections)),
            )

    return print_ast(visit(parse(text), Adder()))


def _labels(selections: SelectionSet) -> Iterator[str]:
    for each in selections:
        if isinstance(each, Field):
            inner = list(_labels(each.selections))
            yield f"{each.name}{{{' '.join(inner)}}}" if inner else each.name


def _below(selections: SelectionSet) -> str:
    names = " ".join(each.name for each in selections if isinstance(each, Field))
    return f" {{ {names} }}" if names else ""


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, list):
        return value
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return (value if isinstance(value, str) else json.dumps(value)).upper()


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)
    elif isinstance(value, dict):
        if f"{TELLING}typename" in value:
            yield value
        for key, each in value.items():
            if not key.startswith(TELLING):
                yield from _objects(each)
