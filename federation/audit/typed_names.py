"""Finding names in answers that were decoded into structs, all objects of one place at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any

from msgspec import UNSET, Struct

from federation.audit.name_code import name_code
from federation.audit.names import Found, NameRule, Names, objects_among, plain_text
from federation.planning import OutputField

_TYPENAME = "__typename"
# Places of one plan's code that are known at a time: there is code for each set of conditions.
_KEPT = 4
# Code that found nothing so often, one time after the other, is given up.
_VAIN = 3
# Objects of one place; among fewer it is not worth looking for the same one.
_FEW = 8


@dataclass(frozen=True, slots=True)
class _Place:
    """``Names`` of one place, bound to structs.

    Attributes:
        plain: For rules by one leaf of objects whose type is known: type and ``by``, the runtime
            type that objects must be of (None for all), and the attribute.
        others: All other rules.
        inner: Attribute, runtime types of the object around (None for all), and what is below.
    """

    plain: tuple[tuple[tuple[str, str], str | None, _Attribute], ...]
    others: tuple[NameRule, ...]
    inner: tuple[tuple[_Attribute, frozenset[str] | None, _Place], ...]


class _Attribute:
    """One attribute of many structs."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._get = attrgetter(name)

    def of(self, objects: list[Any]) -> list[Any]:
        """What the objects hold; null where objects of a type have no such attribute."""
        try:
            return list(map(self._get, objects))
        except AttributeError:
            return [getattr(each, self._name, None) for each in objects]


class NameFinder:
    """Finds the names of what was answered to one plan; see ``find_names``."""

    def __init__(self, names: Names) -> None:
        """Nothing is found yet.

        Args:
            names: Of the plan.
        """
        self._names = names
        self._bound: dict[Callable[[str], str], NameReading] = {}

    def find(
        self, roots: Mapping[str, Any], attribute: Callable[[str], str], *, repeats: bool
    ) -> Found:
        """``find_names`` of everything that was answered.

        Args:
            roots: By tree key, what the root fields gave.
            attribute: Of the structs, for a tree key; the same as long as the same code runs.
            repeats: Whether one struct may stand in many places.
        """
        return self.reading(attribute).find(roots, repeats=repeats)

    def reading(self, attribute: Callable[[str], str]) -> NameReading:
        """How names are read where tree keys have these attributes."""
        reading = self._bound.get(attribute)
        if reading is None:
            if len(self._bound) >= _KEPT:
                self._bound.clear()
            reading = self._bound[attribute] = NameReading(self._names, attribute)
        return reading


class NameReading:
    """Names bound to the structs of one plan's code.

    Attributes:
        code: Finds them; None where nothing but walking does.
    """

    def __init__(self, names: Names, attribute: Callable[[str], str]) -> None:
        self._names = names
        self._attribute = attribute
        self.code = name_code(names, attribute, _typename_of(attribute))
        self._vain = 0

    def find(self, roots: Mapping[str, Any], *, repeats: bool) -> Found:
        """See ``NameFinder``."""
        if self.code is not None:
            found = self.code(roots)
            if found is not None:
                self._vain = 0
                return found
            self._vain += 1
            if self._vain == _VAIN:
                self.code = None
        return self.walk(roots, repeats=repeats)

    def walk(self, roots: Mapping[str, Any], *, repeats: bool) -> Found:
        """The same for all answers."""
        return self._walker.walk(roots, repeats=repeats)

    @cached_property
    def _walker(self) -> _Walker:
        # Mostly code finds all, and what binds to no struct takes no memory.
        return _Walker(self._names, self._attribute)


class _Walker:
    """Walks the structs of one plan's code."""

    def __init__(self, names: Names, attribute: Callable[[str], str]) -> None:
        self._attribute = attribute
        self._typename = _typename_of(attribute)
        self._roots = [(source, self._bind(below)) for source, _, _, below in names.inner]
        self._counts = False

    def walk(self, roots: Mapping[str, Any], *, repeats: bool) -> Found:
        """All names."""
        once = repeats and not self._counts
        found = self._find(roots, once=once)
        if once and found.unnamed:
            # Objects without a name count, as often as they are there; next time as well.
            self._counts = True
            return self._find(roots, once=False)
        return found

    def _find(self, roots: Mapping[str, Any], *, once: bool) -> Found:
        found = Found()
        for source, place in self._roots:
            self._gather(objects_among([roots.get(source)], Struct), place, found, once=once)
        return found

    def _bind(self, names: Names) -> _Place:
        plain, others = [], []
        for rule in names.rules:
            if rule.is_plain and (rule.only is not None or not rule.is_abstract):
                read = _Attribute(self._attribute(rule.reads[0].source))
                plain.append(((rule.type, rule.by), rule.only, read))
            else:
                others.append(rule)
        inner = (
            (_Attribute(self._attribute(source)), types, self._bind(below))
            for source, _, types, below in names.inner
        )
        return _Place(tuple(plain), tuple(others), tuple(inner))

    def _gather(self, objects: list[Any], place: _Place, found: Found, *, once: bool) -> None:
        if not objects:
            return
        if once and len(objects) >= _FEW:
            objects = list({id(each): each for each in objects}.values())
        for of, only, read in place.plain:
            met = objects
            if only is not None:
                met = [each for each in objects if self._typename(each) == only]
            found.note_all(of, read.of(met))
        for rule in place.others:
            self._note(objects, rule, found)
        for read, types, below in place.inner:
            met = objects
            if types is not None:
                met = [each for each in objects if self._typename(each) in types]
            self._gather(objects_among(read.of(met), Struct), below, found, once=once)

    def _note(self, objects: list[Any], rule: NameRule, found: Found) -> None:
        for each in objects:
            typename = self._typename(each)
            if rule.only in {None, typename}:
                of = rule.of(typename)
                if rule.is_plain:
                    found.note(of, self._value(each, rule.reads[0]))
                else:
                    found.note_parts(of, [self._part(each, read) for read in rule.reads])

    def _value(self, each: Any, read: OutputField) -> Any:
        if isinstance(each, dict):
            # What clients do not know of was not decoded any further.
            return each.get(read.source)
        value = getattr(each, self._attribute(read.source), None)
        return None if value is UNSET else value

    def _part(self, each: Any, read: OutputField) -> Any:
        return self._canonical(self._value(each, read), read)

    def _canonical(self, value: Any, read: OutputField) -> Any:
        if value is None:
            return None
        if isinstance(value, list):
            return [self._canonical(item, read) for item in value]
        if read.fields and isinstance(value, Struct | dict):
            return {inner.name: self._part(value, inner) for inner in read.fields}
        return plain_text(value)


def _typename_of(attribute: Callable[[str], str]) -> Callable[[Any], Any]:
    """What reads the type that a struct tells."""
    name = attribute(_TYPENAME)

    def typename(each: Any) -> Any:
        told = getattr(each, name, None)
        return told if isinstance(told, str) else each.__struct_config__.tag

    return typename
