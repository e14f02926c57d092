"""The walk: from the operation's selections to leaves with candidate sites, and to the output.

Each selected leaf gets the sites at which it could be read; which one is used is decided
afterwards (``choose``), when all leaves are known. Selections on abstract types are asked for all
runtime types at once where some subgraph allows it, and type by type where none does.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct, structs

from federation.errors import OperationTooLarge, PlanningError
from federation.operation import EMPTY
from federation.operation.introspection import INTROSPECTION_FIELDS, introspection_text
from federation.planning.moves import Moves
from federation.planning.phases import Phase, occurrences
from federation.planning.place import Place, Site, undominated
from federation.planning.plan import OutputField, ResponsePath, RowTest
from federation.query_graph.model import QueryGraph
from federation.selection import (
    TYPENAME,
    Condition,
    Field,
    SelectionSet,
    deferrals_of,
    without_deferrals,
)


class Leaf(Struct, frozen=True, gc=False):
    """A value to be read.

    Attributes:
        candidates: Undominated ways to read it, cheapest first; never empty.
        conditions: All that must hold at run time for it to be wanted.
        path: Where the value stands in the tree; for explanations.
    """

    candidates: tuple[Site, ...]
    conditions: tuple[Condition, ...]
    path: ResponsePath = ()


class Entry(Struct, frozen=True, gc=False):
    """One response key at a place, its selections merged.

    Attributes:
        field: Conditions in it are its own and those of the fragments around it.
        types: Runtime types for which it is selected.
        is_whole: Whether that is every type possible here.
    """

    field: Field
    types: frozenset[str]
    is_whole: bool


class Walk:
    """Walks one operation (or one mutation field) once; holds the leaves found.

    Args:
        most_leaves: Beyond so many the operation is refused: a short text can stand for very many
            where the fields of abstract types have to be asked type by type.
        most_needs: Field sets gathered for keys and requirements; nothing is sought beyond.
        columns: Object types whose rows are tested, each with the fields that the test takes.

    Attributes:
        row_tests: Where such rows can be, in the order in which they were met.
    """

    def __init__(
        self,
        graph: QueryGraph,
        most_leaves: int,
        most_needs: int,
        columns: tuple[tuple[str, tuple[str, ...]], ...] = (),
    ) -> None:
        self.graph = graph
        self._most_leaves = most_leaves
        self._most_needs = most_needs
        self.moves = Moves(graph, most_needs)
        self.leaves: list[Leaf] = []
        self.row_tests: dict[RowTest, None] = {}
        self._columns = columns
        self._selections: SelectionSet = ()

    def visit_root(
        self, type_name: str, graphs: tuple[str, ...], selections: SelectionSet
    ) -> tuple[OutputField, ...]:
        """Walk the root selections with root fetches possible in the given subgraphs."""
        self._selections = selections
        return self._visit(self.moves.root(type_name, graphs), selections, ())

    def _visit(
        self, place: Place, selections: SelectionSet, conditions: tuple[Condition, ...]
    ) -> tuple[OutputField, ...]:
        outputs: list[OutputField] = []
        entries = self._entries(place, selections)
        if place.path and all(
            entry.field.conditions or entry.field.name in INTROSPECTION_FIELDS for entry in entries
        ):
            # The object itself was asked for, even when at run time none of its fields is fetched.
            self._want(place, self.moves.presence_sites(place), conditions)
        is_abstract = self.graph.is_abstract(place.type)
        for entry in entries:
            if entry.field.conditions and _is_never((*conditions, *entry.field.conditions)):
                continue
            if entry.field.name == "__typename":
                outputs.append(self._visit_typename(place, entry, conditions))
            elif entry.field.name in INTROSPECTION_FIELDS:
                outputs.append(self._visit_introspection(place, entry))
            elif is_abstract:
                outputs += self._visit_abstract(place, entry, conditions)
            else:
                outputs.append(self._visit_concrete(place, entry, conditions))
        for type_name, columns in self._columns:
            if type_name in self.graph.possible_types[place.type]:
                self._test_rows(place, type_name, columns, conditions)
        return _united(outputs)

    def _visit_introspection(self, place: Place, entry: Entry) -> OutputField:
        output = self._output(place, entry, entry.field, _types_of(entry), ())
        return structs.replace(output, source=introspection_text(entry.field))

    def _test_rows(
        self,
        place: Place,
        type_name: str,
        columns: tuple[str, ...],
        conditions: tuple[Condition, ...],
    ) -> None:
        """Note what must be known of the objects of a type here, to test whether they are shown."""
        is_certain = not self.graph.is_abstract(place.type)
        if not is_certain:
            self._want_typename(place, conditions)
        at = place if is_certain else self.moves.cast(place, type_name)
        keys = []
        # Where no subgraph should give such an object none can be tested, and none passes.
        for name in columns if type_name in place.types else ():
            selected = self.moves.selected(at, Field(name))
            sites = self.moves.field_sites(at, selected)
            if not sites:
                raise PlanningError(
                    f"no subgraph can be reached that tells {type_name}.{name}, by which rows are"
                    " filtered",
                    extensions={"coordinate": f"{type_name}.{name}"},
                )
            path = (*at.path, selected.response_key)
            self._note(Leaf(undominated(sites), conditions, path))
            keys.append((name, selected.response_key))
        self.row_tests[RowTest(place.path, type_name, is_certain, tuple(keys))] = None

    # Entries

    def _entries(self, place: Place, selections: SelectionSet) -> list[Entry]:
        """Selections of a place by response key, in the order of the response."""
        fields = [selection for selection in selections if isinstance(selection, Field)]
        keys = {(field.response_key, field.conditions) for field in fields}
        if len(keys) == len(selections):
            return [Entry(field, place.types, is_whole=True) for field in fields]
        groups: list[list[tuple[int, frozenset[str], Field]]] = []
        latest: dict[str, list[tuple[int, frozenset[str], Field]]] = {}
        for position, (types, field) in enumerate(self._flat(selections, place.types, ())):
            group = latest.get(field.response_key)
            if group is None or group[0][2].conditions != field.conditions:
                # Under other conditions it is an entry of its own, so that the order of what is
                # below it can be kept for every outcome of the conditions.
                group = latest[field.response_key] = []
                groups.append(group)
            group.append((position, types, field))
        ordered: list[tuple[int, Entry]] = []
        for group in groups:
            # Types for which the same selections apply are one entry; usually that is all of them.
            by_selections: dict[tuple[int, ...], set[str]] = {}
            for type_name in sorted(frozenset[str]().union(*(types for _, types, _ in group))):
                applying = tuple(at for at, types, _ in group if type_name in types)
                by_selections.setdefault(applying, set()).add(type_name)
            by_position = {at: field for at, _, field in group}
            for applying, type_names in by_selections.items():
                # Not merged further: that would bring together what other fields stand between.
                merged = structs.replace(
                    by_position[applying[0]],
                    selections=tuple(
                        part for at in applying for part in by_position[at].selections
                    ),
                )
                types = frozenset(type_names)
                ordered.append((applying[0], Entry(merged, types, types == place.types)))
        return [entry for _, entry in sorted(ordered, key=lambda item: item[0])]

    def _flat(
        self, selections: SelectionSet, types: frozenset[str], conditions: tuple[Condition, ...]
    ) -> Iterator[tuple[frozenset[str], Field]]:
        for selection in selections:
            joined = tuple(sorted({*conditions, *selection.conditions}))
            if isinstance(selection, Field):
                yield types, structs.replace(selection, conditions=joined)
            else:
                narrowed = types
                if selection.type_condition is not None:
                    narrowed = types & self.graph.possible_types[selection.type_condition]
                if narrowed:
                    yield from self._flat(selection.selections, narrowed, joined)

    # Fields

    def _visit_typename(
        self, place: Place, entry: Entry, conditions: tuple[Condition, ...]
    ) -> OutputField:
        if place.path and entry.field.alias == EMPTY.alias:
            self._want(place, self.moves.presence_sites(place), conditions)
        elif place.path:
            self._want_typename(place, (*conditions, *without_deferrals(entry.field.conditions)))
        return self._output(place, entry, TYPENAME, _types_of(entry), ())

    def _visit_concrete(
        self, place: Place, entry: Entry, conditions: tuple[Condition, ...]
    ) -> OutputField:
        selected = self.moves.selected(place, entry.field)
        sites = self._field_sites(place, entry, selected, conditions)
        return self._follow(place, entry, selected, sites, None, conditions)

    @cached_property
    def _occurrences(self) -> dict[ResponsePath, set[Phase]]:
        return occurrences(self._selections)

    def _field_sites(
        self, place: Place, entry: Entry, selected: Field, conditions: tuple[Condition, ...]
    ) -> tuple[Site, ...]:
        """Ways to have a field of a concrete object.

        What is deferred at an entity is asked for apart, so that nothing waits for it, unless the
        same is wanted sooner.
        """
        if place.path and deferrals_of(entry.field.conditions):
            wanted = frozenset(deferrals_of((*conditions, *entry.field.conditions)))
            keys = (step for step in place.path if step != "@" and step[0] != "|")
            others = self._occurrences.get((*keys, entry.field.response_key))
            if others is not None and not any(other < wanted for other in others):
                apart = self.moves.apart_sites(place, selected)
                if apart:
                    return apart
        return self.moves.field_sites(place, selected)

    def _visit_abstract(
        self, place: Place, entry: Entry, conditions: tuple[Condition, ...]
    ) -> Iterator[OutputField]:
        selected, sites = self._shared(place, entry)
        if sites:
            output = self._follow(place, entry, selected, sites, None, conditions)
            yield from self._by_type(place, entry, output, conditions)
            return
        self._want_typename(place, (*conditions, *without_deferrals(entry.field.conditions)))
        for type_name in sorted(entry.types):
            cast = self.moves.cast(place, type_name)
            selected = self.moves.selected(cast, entry.field)
            yield self._follow(
                cast,
                entry,
                selected,
                self._field_sites(cast, entry, selected, conditions),
                frozenset((type_name,)),
                conditions,
            )

    def _shared(self, place: Place, entry: Entry) -> tuple[Field, tuple[Site, ...]]:
        """Ways to ask a field of all runtime types at once; none where types must be told apart."""
        if not entry.is_whole:
            return entry.field, ()
        find = self.moves.shared_sites
        if not find(place, entry.field):
            if self._is_split_cheaply(place, entry):
                return entry.field, ()
            find = self.moves.shared_entered_sites
            if not find(place, entry.field):
                return entry.field, ()
        # Named only now: a tree key given out for nothing would push the real field to an alias.
        selected = self.moves.selected(place, entry.field)
        return selected, find(place, selected)

    def _is_split_cheaply(self, place: Place, entry: Entry) -> bool:
        """Whether every runtime type has the field where its objects already are."""
        for type_name in entry.types:
            cast = self.moves.cast(place, type_name)
            moves = (self.graph.field_move(site.here, entry.field.name) for site in cast.sites)
            if not any(move is not None and not move.needs_entry for move in moves):
                return False
        return True

    def _by_type(
        self,
        place: Place,
        entry: Entry,
        output: OutputField,
        conditions: tuple[Condition, ...],
    ) -> Iterator[OutputField]:
        """One output per distinct type of the field: implementers may be stricter."""
        by_text: dict[str, list[str]] = {}
        for type_name in sorted(entry.types):
            field = self.graph.fields[type_name].get(output.name)
            text = field.type if field is not None else output.type
            by_text.setdefault(text, []).append(type_name)
        if list(by_text) == [output.type]:
            yield output
            return
        self._want_typename(place, (*conditions, *without_deferrals(entry.field.conditions)))
        for text, type_names in by_text.items():
            yield structs.replace(output, type=text, types=frozenset(type_names))

    def _follow(
        self,
        place: Place,
        entry: Entry,
        selected: Field,
        sites: tuple[Site, ...],
        types: frozenset[str] | None,
        conditions: tuple[Condition, ...],
    ) -> OutputField:
        """Go on with a field whose sites are known: down into its value, or note a leaf."""
        joined = conditions
        if entry.field.conditions:
            joined = tuple(sorted({*conditions, *entry.field.conditions}))
        if not sites and self.moves.entering.needs.is_exhausted:
            raise OperationTooLarge(
                "what the selected fields require takes too many field sets to gather"
                f" (limit: {self._most_needs})",
                extensions={"limit": "needs", "allowed": self._most_needs},
            )
        if not sites:
            raise PlanningError(
                f"no subgraph can be reached that resolves {place.type}.{entry.field.name}",
                extensions={"coordinate": f"{place.type}.{entry.field.name}"},
            )
        fields: tuple[OutputField, ...] = ()
        if self.graph.fields[place.type][entry.field.name].is_composite:
            child = self.moves.child(place, selected, sites)
            fields = self._visit(
                child, entry.field.selections, self._streamed(child, entry, joined)
            )
        else:
            candidates = sites if len(sites) == 1 else undominated(sites)
            self._note(Leaf(candidates, joined, (*place.path, selected.response_key)))
        return self._output(place, entry, selected, types, fields)

    def _streamed(
        self, child: Place, entry: Entry, conditions: tuple[Condition, ...]
    ) -> tuple[Condition, ...]:
        """Conditions for what is below a field; where items are streamed, the list comes at once.

        Within items that are streamed, the items of further lists come together.
        """
        stream = entry.field.stream
        if stream is None or any(each.deferral.is_stream for each in conditions):
            return conditions
        self._want(child, self.moves.presence_sites(child), conditions)
        return tuple(sorted((*conditions, stream.condition)))

    def _want_typename(self, place: Place, conditions: tuple[Condition, ...]) -> None:
        """Note a leaf that tells that the objects are there, and of which type.

        The type of an object is never deferred within it: it says what the object is made of.
        """
        self._want(place, self.moves.typename_sites(place), conditions)

    def _want(
        self, place: Place, sites: tuple[Site, ...], conditions: tuple[Condition, ...]
    ) -> None:
        if not sites:
            raise PlanningError(
                f"no subgraph can tell the type of a {place.type}",
                extensions={"coordinate": place.type},
            )
        path = (*place.path, TYPENAME.name)
        self._note(Leaf(undominated(sites), tuple(sorted(set(conditions))), path))

    def _note(self, leaf: Leaf) -> None:
        self.leaves.append(leaf)
        if len(self.leaves) > self._most_leaves:
            raise OperationTooLarge(
                "the operation selects too many values, counted per object type"
                f" (limit: {self._most_leaves})",
                extensions={"limit": "leaves", "allowed": self._most_leaves},
            )

    def _output(
        self,
        place: Place,
        entry: Entry,
        selected: Field,
        types: frozenset[str] | None,
        fields: tuple[OutputField, ...],
    ) -> OutputField:
        field = entry.field
        known = self.graph.fields[place.type].get(field.name)
        conditions = without_deferrals(field.conditions)
        return OutputField(
            field.response_key,
            selected.response_key,
            field.name,
            place.type,
            known.type if known is not None else "String!",
            types,
            (conditions,) if conditions else (),
            fields,
            deferrals_of(field.conditions),
            field.stream,
        )


def _is_never(conditions: tuple[Condition, ...]) -> bool:
    """Whether some variable would have to be both true and not."""
    decided = without_deferrals(conditions)
    included = {each.variable for each in decided if not each.negated}
    return any(each.negated and each.variable in included for each in decided)


def _types_of(entry: Entry) -> frozenset[str] | None:
    return None if entry.is_whole else entry.types


def _united(outputs: list[OutputField]) -> tuple[OutputField, ...]:
    """The same outputs in fewer entries: those that differ only in runtime types become one."""
    if sum(output.types is not None for output in outputs) < 2:
        return tuple(outputs)
    united: list[OutputField] = []
    places: dict[object, int] = {}
    # Per runtime type (None: for all), where its last field stands: joining must not overtake one,
    # since objects of every type show their fields in the order of the selection.
    last: dict[str | None, int] = {}
    for output in outputs:
        when = (output.conditions, output.deferrals, output.stream)
        identity = (output.key, output.source, output.type, when, output.fields)
        at = places.get(identity)
        known = None if at is None else united[at]
        types = output.types
        if (
            at is not None
            and known is not None
            and known.types is not None
            and types is not None
            and all(last.get(each, -1) <= at for each in (None, *types))
        ):
            united[at] = structs.replace(known, types=known.types | types)
        else:
            at = places[identity] = len(united)
            united.append(output)
        last.update(dict.fromkeys(types or (None,), at))
    return tuple(united)
