"""What departments' files say of fields and types, and what of it has no effect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from federation.access import suits
from federation.access.row_filter import OPERATORS
from federation.catalogue import Catalogue, Entry, Item
from federation.gateway.engines.authoring.syntax import Module, Rule
from federation.gateway.engines.release import POLICY_ROOT

DEPARTMENTS = f"{POLICY_ROOT}.departments"
NARROWING = frozenset({"deny", "deny_use", "mask", "filters"})

# Types begin with a capital, unlike scopes and file names, which have dots as well.
_COORDINATE = re.compile(r"[A-Z]\w*\.\w+")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A field or type that a rule of a department's file names.

    Attributes:
        department: Name of its subgraph.
        place: Coordinate, or a type's name where ``is_type``.
        rule: What narrows it, or what lists it for a rule that does.
        line: Where it is named.
    """

    department: str
    place: str
    is_type: bool
    rule: Rule
    file: str
    line: int

    @property
    def where(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class InVain:
    """What a narrowing does not do, and why.

    Attributes:
        owners: Subgraphs that answer for the place; empty when it does not exist.
    """

    narrowing: Narrowing
    code: str
    message: str
    owners: tuple[str, ...]


def department_of(module: Module) -> str | None:
    """Whose file a module is, None for all other modules."""
    parent, _, name = module.package.partition(f"{DEPARTMENTS}.")
    return name if name and not parent else None


def find_narrowings(modules: Iterable[Module]) -> Iterator[Narrowing]:
    """All fields and types that departments' files name, in heads of rules and in lists."""
    for module in modules:
        department = department_of(module)
        for rule in module.rules if department is not None else ():
            yield from _named(str(department), rule, module.file)


def _named(department: str, rule: Rule, file: str) -> Iterator[Narrowing]:
    place = rule.head[1] if rule.name in NARROWING and len(rule.head) > 1 else None
    if place is not None:
        yield Narrowing(department, place, rule.name == "filters", rule, file, rule.line)
    for text, line in rule.listed:
        if _COORDINATE.fullmatch(text):
            yield Narrowing(department, text, False, rule, file, line)


def find_in_vain(narrowings: Iterable[Narrowing], catalogue: Catalogue) -> Iterator[InVain]:
    """Those that speak of what does not exist, of what is not theirs, or ask for what cannot be."""
    known = {
        str(item.coordinate): item
        for entry in catalogue.entries.values()
        for item in entry.items.values()
    }
    for each in narrowings:
        rule = each.rule
        places: Mapping[str, Entry | Item] = catalogue.entries if each.is_type else known
        found = places.get(each.place)
        owners = found.owners if found else ()
        if found is None:
            near = get_close_matches(each.place, places, n=1, cutoff=0.8)
            kind = "type" if each.is_type else "field"
            words = f"{rule.name} has no effect, there is no such {kind}"
            words += f"; did you mean {near[0]}?" if near else ""
            yield InVain(each, "department_unknown_field", words, owners)
        elif each.department not in owners:
            words = f"{rule.name} has no effect, it is not {each.department}'s"
            yield InVain(each, "department_not_owner", words, owners)
        elif isinstance(found, Entry):
            yield from _in_vain_conditions(each, found)
        elif rule.name == "mask" and rule.value and not suits(rule.value, known[each.place].type):
            words = f"the mask {rule.value} does not suit values of type {known[each.place].type}"
            yield InVain(each, "mask_unsuitable", words, owners)


def _in_vain_conditions(narrowing: Narrowing, entry: Entry) -> Iterator[InVain]:
    """Row conditions that nobody can test: they would close the type for everybody."""
    fields = {name for name, item in entry.items.items() if item.coordinate.argument is None}
    for key, text, line in narrowing.rule.members:
        where = replace(narrowing, line=line)
        if key == "field" and text not in fields:
            near = get_close_matches(text, fields, n=1, cutoff=0.8)
            words = (
                f"a row filter tests {text}, which {entry.name} does not have: nobody sees a row"
            )
            words += f"; did you mean {near[0]}?" if near else ""
            yield InVain(where, "filter_unknown_field", words, entry.owners)
        if key == "op" and text not in OPERATORS:
            words = f"a row filter has no operator {text}: nobody sees a row; there are"
            words += f" {', '.join(sorted(OPERATORS))}"
            yield InVain(where, "filter_unknown_operator", words, entry.owners)
