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

NameCode: TypeAlias = Callable[[Mapping[str, Any], bool], Found | None]
"""From the values under the root's tree keys, and whether one struct may stand in many places."""

FEW = 8
"""Objects of one place; among fewer it is not worth looking for the same one."""

_MAX_PLACES = 200
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
    if len(places) > _MAX_PLACES or not all(_is_simple(rule) for at in places for rule in at.rules):
        return None
    writer = _Writer(attribute)
    writer.write(names)
    find = writer.run(typename)

    def found(roots: Mapping[str, Any], once: bool) -> Found | None:
        try:
            return find(roots, once)
        except (AttributeError, TypeError):
            return None

    return found


def _places(names: Names) -> Iterator[Names]:
    """All places below, outer ones first."""
    for _, _, _, below in names.inner:
        yield below
        yield from _places(below)


def _is_simple(rule: NameRule) -> bool:
    is_told = rule.is_abstract and rule.only is None
    return not is_told and not any(read.fields for read in rule.reads)


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
        made: dict[str, Any] = {"FEW": FEW, "TEXTS": _TEXTS, "Found": Found}
        made |= {"typename": typename, "flat": chain.from_iterable}
        made |= {f"kind_{names}": kind for kind, names in self._kinds.items()}
        text = "\n    ".join(["def find(roots, once):", *body])
        exec(compile(text, "<names>", "exec"), made)  # noqa: S102 - the text is ours
        # Taken out, so that nothing refers to itself.
        find: NameCode = made.pop("find")
        return find

    def _place(self, around: str, read: str, place: Names) -> None:
        """Of objects around that are each called ``o``."""
        self._count += 1
        here = f"p{self._count}"
        loops = [f"for o in {around} if (v0 := {read}) is not None"]
        loops += [
            f"for v{at} in v{at - 1} if v{at} is not None" for at in range(1, place.depth + 1)
        ]
        self._lines += [
            f"{here} = [v{place.depth} {' '.join(loops)}]",
            f"if once and len({here}) >= FEW: {here} = {{id(o): o for o in {here}}}.values()",
        ]
        if any(rule.only for rule in place.rules) or any(types for _, _, types, _ in place.inner):
            self._lines.append(f"t{here} = list(map(typename, {here}))")
        for rule in place.rules:
            names = self._kinds.setdefault((rule.type, rule.by), f"n{len(self._kinds)}")
            parts = [f"o.{self._attribute(each.source)}" for each in rule.reads]
            if len(parts) > 1:
                self._compound.add(names)
            name = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
            met = _among(here, frozenset({rule.only}) if rule.only else None)
            self._lines.append(f"{names}.update({{{name}: None for o in {met}}})")
        for source, _, types, below in place.inner:
            self._place(_among(here, types), f"o.{self._attribute(source)}", below)


def _among(here: str, types: frozenset[str] | None) -> str:
    """Those of some objects that are of some runtime types; None for all."""
    if types is None:
        return here
    return f"[o for o, t in zip({here}, t{here}) if t in {sorted(types)!r}]"
