"""Code that finds the names in answers of one shape, for a third of what it takes to walk them.

It is made where each object has one plain name, whatever its type is, and finds all or nothing: an
object without a name, a name that is no text and a value that is not of its type's shape are for
who walks (see ``NameFinder``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from federation.audit.names import Found, Names

NameCode: TypeAlias = Callable[[Mapping[str, Any], bool], Found | None]
"""From the values under the root's tree keys, and whether one struct may stand in many places."""

FEW = 8
"""Objects of one place; among fewer it is not worth looking for the same one."""

_MAX_PLACES = 200
_TEXTS = {str}


def name_code(names: Names, attribute: Callable[[str], str]) -> NameCode | None:
    """Code for the names of a plan; None where there is more to ask than it can.

    Args:
        names: Of the plan.
        attribute: Of the structs, for a tree key.
    """
    places = list(_places(names))
    if None in places or len(places) > _MAX_PLACES:
        return None
    writer = _Writer(attribute)
    writer.write(names)
    find = writer.run()

    def found(roots: Mapping[str, Any], once: bool) -> Found | None:
        try:
            return find(roots, once)
        except (AttributeError, TypeError):
            return None

    return found


def _places(names: Names) -> Iterator[Names | None]:
    """All places below, outer ones first; None for one where objects are named in other ways."""
    for _, _, types, below in names.inner:
        is_plain = all(
            rule.is_plain and rule.only is None and not rule.is_abstract for rule in below.rules
        )
        yield below if types is None and is_plain else None
        yield from _places(below)


class _Writer:
    """Writes the function of one plan."""

    def __init__(self, attribute: Callable[[str], str]) -> None:
        self._attribute = attribute
        self._lines: list[str] = []
        self._count = 0
        # By type and ``by``, the variable that holds the names.
        self._kinds: dict[tuple[str, str], str] = {}

    def write(self, names: Names) -> None:
        """All places below the root."""
        for source, _, _, below in names.inner:
            # As a literal, so that no name of a client can become code.
            self._place(f"(roots.get({source!r}),)", "o", below)

    def run(self) -> NameCode:
        """Define the function."""
        body = [f"{names} = {{}}" for names in self._kinds.values()] + self._lines
        body.append("written = {}")
        for names in self._kinds.values():
            body.append(f"if {names}:")
            body.append(f"    if set(map(type, {names})) != TEXTS: return None")
            body.append(f"    written[kind_{names}] = {names}")
        body.append("return Found(written)")
        made: dict[str, Any] = {"FEW": FEW, "TEXTS": _TEXTS, "Found": Found}
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
        for rule in place.rules:
            names = self._kinds.setdefault((rule.type, rule.by), f"n{len(self._kinds)}")
            value = f"o.{self._attribute(rule.reads[0].source)}"
            self._lines.append(f"{names}.update({{{value}: None for o in {here}}})")
        for source, _, _, below in place.inner:
            self._place(here, f"o.{self._attribute(source)}", below)
