"""Code that finds the names in answers of one shape, for a third of what it takes to walk them.

It finds all or nothing: an object without a name, a name that is no text and a value that is not of
its type's shape are for who walks (see ``NameFinder``), and so are keys with objects in them and
objects of an interface, each of which is named by the type it tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, TypeAlias

from federation.audit.names import Found, NameRule, Names

NameCode: TypeAlias = Callable[[Mapping[str, Any]], Found | None]
"""From the values under the root's tree keys."""

_MAX_PLACES = 200
# Lists in lists; Python nests no more than 20 loops.
_MAX_DEPTH = 10
_TEXTS = {str}


def name_code(
    names: Names, attribute: Callable[[str], str], typename: Callable[[Any], Any]
) -> NameCode | None:
    """Code for the names of a plan; None where there is more to ask than it can.

    Args:
        names: Of the plan.
        attribute: Of the structs, for a tree key.
        typename: The type that a struct tells.
    """
    places = list(_places(names))
    if len(places) > _MAX_PLACES or not all(map(_is_simple, places)):
        return None
    writer = _Writer(attribute)
    writer.write(names)
    find = writer.run(typename)

    def found(roots: Mapping[str, Any]) -> Found | None:
        try:
            return find(roots)
        except (AttributeError, TypeError):
            return None

    return found


def _places(names: Names) -> Iterator[Names]:
    """All places below, outer ones first."""
    for _, _, _, below in names.inner:
        yield below
        yield from _places(below)


def _is_simple(place: Names) -> bool:
    return place.depth <= _MAX_DEPTH and not any(
        (rule.is_abstract and rule.only is None) or any(read.fields for read in rule.reads)
        for rule in place.rules
    )


class _Writer:
    """Writes the function of one plan."""

    def __init__(self, attribute: Callable[[str], str]) -> None:
        self._attribute = attribute
        self._lines: list[str] = []
        self._count = 0
        # By type and ``by``, the variable that holds the names.
        self._kinds: dict[tuple[str, str], str] = {}
        # Variables of names that have several texts each.
        self._compound: set[str] = set()

    def write(self, names: Names) -> None:
        """All places below the root."""
        for source, _, _, below in names.inner:
            # As a literal, so that no name of a client can become code.
            self._place(f"(roots.get({source!r}),)", "o", below)

    def run(self, typename: Callable[[Any], Any]) -> NameCode:
        """Define the function."""
        body = [f"{names} = {{}}" for names in self._kinds.values()] + self._lines
        body.append("written = {}")
        for names in self._kinds.values():
            texts = f"flat({names})" if names in self._compound else names
            body.append(f"if {names}:")
            body.append(f"    if set(map(type, {texts})) != TEXTS: return None")
            body.append(f"    written[kind_{names}] = {names}")
        body.append("return Found(written)")
        made: dict[str, Any] = {"TEXTS": _TEXTS, "Found": Found}
        made |= {"typename": typename, "flat": chain.from_iterable}
        made |= {f"kind_{names}": kind for kind, names in self._kinds.items()}
        text = "\n    ".join(["def find(roots):", *body])
        exec(compile(text, "<names>", "exec"), made)  # noqa: S102 - the text is ours
        # Taken out, so that nothing refers to itself.
        find: NameCode = made.pop("find")
        return find

    def _place(self, around: str, read: str, place: Names) -> None:
        """Of objects around that are each called ``o``.

        Loops, since each comprehension is a call, and as soon as objects are met they are named:
        most places hold few.
        """
        self._count += 1
        here, each, deep = f"p{self._count}", f"v{place.depth}", "    "
        found = [f"for o in {around}:", f"{deep}v0 = {read}", f"{deep}if v0 is not None:"]
        for at in range(1, place.depth + 1):
            deep += "    "
            found += [f"{deep}for v{at} in v{at - 1}:", f"{deep}    if v{at} is not None:"]
            deep += "    "
        deep += "    "
        if any(rule.only for rule in place.rules):
            found.append(f"{deep}t = typename({each})")
        for rule in place.rules:
            met = f"if t == {rule.only!r}: " if rule.only else ""
            found.append(f"{deep}{met}{self._name(rule, each)} = None")
        if place.inner:
            # Where one struct stands in many places, what is below it is looked at once.
            found.append(f"{deep}{here}[id({each})] = {each}")
            self._lines.append(f"{here} = {{}}")
        self._lines += found
        if any(types for _, _, types, _ in place.inner):
            self._lines.append(f"t{here} = list(map(typename, {here}.values()))")
        for source, _, types, below in place.inner:
            self._place(_among(here, types), f"o.{self._attribute(source)}", below)

    def _name(self, rule: NameRule, each: str) -> str:
        """Where the name of an object is noted."""
        names = self._kinds.setdefault((rule.type, rule.by), f"n{len(self._kinds)}")
        parts = [f"{each}.{self._attribute(read.source)}" for read in rule.reads]
        if len(parts) > 1:
            self._compound.add(names)
        return f"{names}[{', '.join(parts)}]"


def _among(here: str, types: frozenset[str] | None) -> str:
    """Those of some objects that are of some runtime types; None for all."""
    if types is None:
        return f"{here}.values()"
    return f"[o for o, t in zip({here}.values(), t{here}) if t in {sorted(types)!r}]"
