"""Names of objects: where they stand in the answers to a plan, and those that were found there."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeAlias

from msgspec import UNSET, Struct

from federation.audit.digests import NameHashes, keyed_digests
from federation.planning import OutputField

Name: TypeAlias = str | tuple[str, ...]
"""A name as it was written: the text of its one field, or those of several."""


class NameRule(Struct, frozen=True):
    """How the objects of one place are named.

    Attributes:
        type: Their type; the interface where they can be of several and do not tell.
        only: Objects must be of this runtime type; None for all.
        by: ``subject``, or ``key`` and the key's fields.
        reads: Where the fields stand in the tree, by name.
        is_plain: There is one field, and it is a leaf.
        is_abstract: ``type`` is an interface.
    """

    type: str
    only: str | None
    by: str
    reads: tuple[OutputField, ...]
    is_plain: bool
    is_abstract: bool

    def of(self, typename: Any) -> tuple[str, str]:
        """What an object that tells this type is named as: its type, and ``by``."""
        is_told = self.is_abstract and self.only is None and isinstance(typename, str)
        return (typename if is_told else self.type, self.by)


class Names(Struct, frozen=True):
    """The rules of one place of the tree and of all below it.

    Attributes:
        inner: Tree key, response key, runtime types of the object around (None for all), and what
            is below.
        depth: How many lists are around each object of the place.
    """

    rules: tuple[NameRule, ...] = ()
    inner: tuple[tuple[str, str, frozenset[str] | None, Names], ...] = ()
    depth: int = 0

    def __bool__(self) -> bool:
        return bool(self.rules or self.inner)


@dataclass(slots=True)
class Found:
    """Names of objects, not hashed yet, by type and by what they are (see ``TouchedEntities.by``).

    Attributes:
        written: Names of one text or of several, as subgraphs write them.
        canonical: All other names, as the texts that are hashed.
        unnamed: How many objects had no name.
    """

    written: dict[tuple[str, str], dict[Name, None]] = field(default_factory=dict)
    canonical: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    unnamed: dict[tuple[str, str], int] = field(default_factory=dict)

    def note(self, of: tuple[str, str], value: Any) -> None:
        """Note a name of one leaf, or that there is none."""
        if isinstance(value, str):
            self.written.setdefault(of, {})[value] = None
        elif value is None or value is UNSET:
            self.unnamed[of] = self.unnamed.get(of, 0) + 1
        else:
            self.canonical.setdefault(of, {})[plain_text(value)] = None

    def note_all(self, of: tuple[str, str], values: Sequence[Any]) -> None:
        """``note`` each."""
        if set(map(type, values)) == {str}:  # mostly
            self.written.setdefault(of, {}).update(dict.fromkeys(values))
            return
        for each in values:
            self.note(of, each)

    def note_parts(self, of: tuple[str, str], parts: Sequence[Any]) -> None:
        """Note a name of several fields, or of one with fields of its own."""
        if None in parts:
            self.unnamed[of] = self.unnamed.get(of, 0) + 1
        else:
            self.canonical.setdefault(of, {})[_parts_text(parts)] = None

    def digests(self, of: tuple[str, str], hashes: NameHashes) -> tuple[str, ...]:
        """Those of the names, sorted, each once: one name may have been written in two ways."""
        by = of[1]
        found = hashes.of(by, self.written.get(of, {}), canonical_text)
        canonical = self.canonical.get(of)
        if canonical:
            found += keyed_digests(hashes.key, by, canonical)
        return tuple(sorted(set(found)))


def canonical_text(name: Name) -> str:
    """The text that is hashed for a name."""
    return plain_text(name) if isinstance(name, str) else _parts_text(list(map(plain_text, name)))


def _parts_text(parts: Sequence[Any]) -> str:
    return json.dumps(parts, ensure_ascii=False)


def plain_text(value: object) -> str:
    """One text for all ways of writing one number or name.

    Compatibility forms (full-width digits) are made plain, space around is dropped, and letters are
    made capitals, since check digits are written both ways.
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return unicodedata.normalize("NFKC", text).strip().upper()


def objects_among(values: list[Any], base: type) -> list[Any]:
    """All objects of a class among values, those in lists included."""
    kinds = set(map(type, values))
    while list in kinds:
        if len(kinds) > 1:
            values = [each if type(each) is list else [each] for each in values]
        values = list(chain.from_iterable(values))
        kinds = set(map(type, values))
    if len(kinds) == 1 and issubclass(next(iter(kinds)), base):  # mostly
        return values
    return [each for each in values if isinstance(each, base)]
