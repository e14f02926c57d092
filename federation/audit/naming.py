"""Naming what an operation releases: which fields must be read of each object, and where.

Every object of a type with a ``@dataSubject`` field is named by it, every other entity by one of
its keys. The fields are added to the operation before it is planned, under response keys that no
client can write, and taken out of the plan's output afterwards: they are fetched, stand in the tree
of answers, and are never in a response. Like keys, they are not asked of the policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from msgspec import structs

from federation.audit.names import NameRule, Names
from federation.audit.typed_names import NameFinder
from federation.catalogue import Catalogue
from federation.errors import PlanningError
from federation.field_set import read_field_set
from federation.operation import Operation
from federation.planning import OperationPlan, OutputField, plan
from federation.planning.plan import UNRELEASED, ResponsePath
from federation.query_graph import QueryGraph
from federation.selection import Field, InlineFragment, SelectionSet
from federation.supergraph import Supergraph
from federation.supergraph.model import ObjectType

_Inner: TypeAlias = tuple[str, str, frozenset[str] | None, Names]
"""What ``Names.inner`` holds."""

_SUBJECT = f"subject{UNRELEASED}"
_KEY = f"key{UNRELEASED}"


@dataclass(frozen=True, slots=True)
class Identity:
    """What names objects of a type.

    Attributes:
        selections: Plain fields: the ``@dataSubject`` field, or those of a key.
        is_subject: Whether they name the person whom the row is about.
    """

    selections: SelectionSet
    is_subject: bool

    @property
    def fields(self) -> SelectionSet:
        """The selections as they are added to an operation."""
        prefix = _SUBJECT if self.is_subject else _KEY
        return tuple(
            structs.replace(each, alias=prefix + each.name)
            for each in self.selections
            if isinstance(each, Field)
        )


@dataclass(frozen=True, slots=True)
class NamedPlan:
    """A plan that also fetches what names the objects it releases.

    Attributes:
        plan: Its output has only what the client asked for.
        names: Where the names are.
        unnamed: Types whose objects this plan cannot name, sorted.
        finder: Finds the names in answers that were decoded into structs.
        subgraphs: Those that the plan asks, sorted.
        is_conditional: Variables decide what of that is shown; more may be fetched, since a place
            that is asked for twice, with a condition and without, is fetched as one.
    """

    plan: OperationPlan
    names: Names
    unnamed: tuple[str, ...] = ()
    finder: NameFinder = field(init=False, repr=False, compare=False)
    subgraphs: tuple[str, ...] = field(init=False, repr=False, compare=False)
    is_conditional: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "finder", NameFinder(self.names))
        asked = tuple(sorted({fetch.subgraph for fetch in self.plan.fetches}))
        object.__setattr__(self, "subgraphs", asked)
        object.__setattr__(self, "is_conditional", _has_conditions(self.plan.output))


def _has_conditions(output: Iterable[OutputField]) -> bool:
    return any(each.conditions or _has_conditions(each.fields) for each in output)


def build_identities(supergraph: Supergraph, catalogue: Catalogue) -> dict[str, Identity]:
    """What names the objects of each object type; other types have no entry.

    Of several keys it is the one that most subgraphs have, then the first: a name is the same
    through whichever subgraph an object is read, and seldom costs a fetch of its own.
    """
    found: dict[str, Identity] = {}
    for definition in supergraph.types.values():
        if not isinstance(definition, ObjectType):
            continue
        entry = catalogue.entries.get(definition.name)
        if entry is not None and entry.subject is not None:
            found[definition.name] = Identity((Field(entry.subject),), is_subject=True)
            continue
        keys = [join.key for join in definition.joins if join.key is not None]
        if keys:
            selections = read_field_set(max(dict.fromkeys(keys), key=keys.count))
            if all(isinstance(each, Field) for each in selections):
                found[definition.name] = Identity(selections, is_subject=False)
    return found


def plan_with_names(
    operation: Operation, graph: QueryGraph, identities: Mapping[str, Identity]
) -> NamedPlan:
    """``plan`` for an operation whose released objects are to be named.

    A type whose naming fields cannot be reached stays unnamed; that never fails an operation.

    Args:
        identities: What names objects, by their type; empty where nothing is to be named.

    Raises:
        PlanningError: As ``plan``.
        OperationTooLarge: As ``plan``.
    """
    if not identities:
        return NamedPlan(plan(operation, graph), Names())
    known = dict(identities)
    unnamed: set[str] = set()
    while True:
        try:
            made = plan(with_names(operation, graph, known), graph)
        except PlanningError as error:
            stuck = str(error.extensions.get("coordinate", "")).partition(".")[0]
            types = graph.possible_types.get(stuck, frozenset()) & known.keys()
            if not types:
                if not known:
                    raise
                # Whatever it is, it must not be the names.
                types = frozenset(known)
            for each in types:
                del known[each]
            unnamed |= types
        else:
            output, names = _split(made.output, graph)
            untold = frozenset(_only_for_names(made, output))
            named = replace(made, output=output, untold=untold)
            return NamedPlan(named, names, tuple(sorted(unnamed)))


def with_names(
    operation: Operation, graph: QueryGraph, identities: Mapping[str, Identity]
) -> Operation:
    """The operation with the fields that name its objects, at every depth."""
    adder = _Adder(graph, identities)
    return replace(operation, selections=adder.inside(operation.selections, operation.root_type))


class _Adder:
    def __init__(self, graph: QueryGraph, identities: Mapping[str, Identity]) -> None:
        self._graph = graph
        self._identities = identities
        self._known: dict[str, SelectionSet] = {}

    def inside(self, selections: SelectionSet, type_name: str) -> SelectionSet:
        """The same selections on objects of a type, with names added below."""
        return tuple(self._selection(each, type_name) for each in selections)

    def _selection(self, each: Field | InlineFragment, type_name: str) -> Field | InlineFragment:
        if isinstance(each, InlineFragment):
            inner = each.type_condition or type_name
            return structs.replace(each, selections=self.inside(each.selections, inner))
        field = self._graph.fields[type_name].get(each.name)
        if field is None or not each.selections:
            return each
        below = self.inside(each.selections, field.named_type)
        return structs.replace(each, selections=below + self._names_of(field.named_type))

    def _names_of(self, type_name: str) -> SelectionSet:
        if type_name not in self._known:
            self._known[type_name] = tuple(self._names(type_name))
        return self._known[type_name]

    def _names(self, type_name: str) -> Iterator[Field | InlineFragment]:
        possible = sorted(self._graph.possible_types.get(type_name, ()))
        found = {name: self._identities[name] for name in possible if name in self._identities}
        if not self._graph.is_abstract(type_name):
            for identity in found.values():
                yield from identity.fields
            return
        shared = set(found.values())
        own = self._graph.fields[type_name]
        if (
            len(shared) == 1
            and len(found) == len(possible)
            and all(each.name in own for each in next(iter(shared)).fields)  # type: ignore[union-attr]
        ):
            yield from shared.pop().fields
            return
        for name, identity in found.items():
            yield InlineFragment(name, identity.fields)


def _split(
    outputs: Iterable[OutputField], graph: QueryGraph
) -> tuple[tuple[OutputField, ...], Names]:
    """The outputs without the names, and the names."""
    kept: list[OutputField] = []
    reads: dict[str | None, list[OutputField]] = {}
    inner: list[_Inner] = []
    for output in outputs:
        if UNRELEASED in output.key:
            for only in sorted(output.types) if output.types else (None,):
                reads.setdefault(only, []).append(output)
            continue
        if not output.fields:
            kept.append(output)
            continue
        fields, names = _split(output.fields, graph)
        kept.append(structs.replace(output, fields=fields) if names else output)
        if names:
            below = structs.replace(names, depth=output.type.count("["))
            inner.append((output.source, output.key, output.types, below))
    if None in reads and len(reads) > 1:
        # What an interface has of a key, and what only its one type has, are one name.
        for each in reads.pop(None):
            for only in sorted(graph.possible_types[each.parent]):
                reads.setdefault(only, []).append(each)
    rules = tuple(_rule(only, fields, graph) for only, fields in reads.items())
    return tuple(kept), Names(rules, _each_once(inner))


def _each_once(inner: Iterable[_Inner]) -> tuple[_Inner, ...]:
    """Places without those that stand there twice: with a condition, and without or with another.

    Their objects are the same, and those without a name are counted.
    """
    places: dict[tuple[str, str, frozenset[str] | None], list[Names]] = {}
    for source, key, types, below in inner:
        places.setdefault((source, key, types), []).append(below)
    return tuple((*place, _united(found)) for place, found in places.items())


def _united(found: list[Names]) -> Names:
    if len(found) == 1:
        return found[0]
    rules = dict.fromkeys(rule for each in found for rule in each.rules)
    inner = _each_once(below for each in found for below in each.inner)
    return Names(tuple(rules), inner, found[0].depth)


def _only_for_names(made: OperationPlan, output: tuple[OutputField, ...]) -> Iterator[int]:
    """Fetches from which the output has nothing, nor any fetch that it has something from."""
    tested = {key for test in made.row_tests for _, key in test.columns}
    needed: set[int] = set()
    for fetch in reversed(made.fetches):
        if (
            fetch.id in needed
            or not fetch.entities
            or any(
                tested.union(*(_sources(output, path) for path in entity.paths))
                & set(_keys(entity.selections))
                for entity in fetch.entities
            )
        ):
            needed.update(fetch.after)
        else:
            yield fetch.id


def _sources(outputs: Iterable[OutputField], path: ResponsePath) -> frozenset[str]:
    """Tree keys that are read of the objects at a path."""
    for step in path:
        if step != "@" and not step.startswith("|"):
            outputs = [inner for each in outputs if each.source == step for inner in each.fields]
    return frozenset(each.source for each in outputs)


def _keys(selections: SelectionSet) -> Iterator[str]:
    for each in selections:
        if isinstance(each, Field):
            yield each.response_key
        else:
            yield from _keys(each.selections)


def _rule(only: str | None, fields: Iterable[OutputField], graph: QueryGraph) -> NameRule:
    reads = tuple(sorted(fields, key=lambda each: each.name))
    type_name = only or reads[0].parent
    is_subject = reads[0].key.startswith(_SUBJECT)
    return NameRule(
        type=type_name,
        only=only,
        by="subject" if is_subject else " ".join(("key", *map(_label, reads))),
        reads=reads,
        is_plain=len(reads) == 1 and not reads[0].fields,
        is_abstract=graph.is_abstract(type_name),
    )


def _label(output: OutputField) -> str:
    if not output.fields:
        return output.name
    return f"{output.name}{{{' '.join(map(_label, output.fields))}}}"
