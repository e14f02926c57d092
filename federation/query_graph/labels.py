"""Progressive overrides: the query graph for each set of labels that are switched on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from federation.field_set import read_field_set
from federation.query_graph.build import build_query_graph, fields_of, resolvers_of
from federation.query_graph.model import QueryGraph, SubgraphType
from federation.selection import Field, SelectionSet, every_selection
from federation.supergraph.contexts import read_context_arguments
from federation.supergraph.model import FieldDefinition, InterfaceType, ObjectType, Supergraph


class LabelledGraphs:
    """The query graphs of one supergraph, each made when it is first asked for.

    Attributes:
        labels: All labels, sorted.
        plain: The graph with no label switched on.
    """

    def __init__(self, supergraph: Supergraph) -> None:
        self._labelled = [
            (definition, labels)
            for definition in supergraph.composite_types()
            if (labels := _labels_in(definition))
        ]
        self.labels = tuple(sorted({each for _, labels in self._labelled for each in labels}))
        self._names: dict[str, set[str]] = {}
        for _, labels in self._labelled:
            for label, names in labels.items():
                self._names.setdefault(label, set()).update(names)
        self._always = frozenset(_names_in_field_sets(supergraph)) if self.labels else frozenset()
        self.plain = build_query_graph(supergraph)
        self._graphs: dict[frozenset[str], QueryGraph] = {frozenset(): self.plain}

    def mattering(self, active: frozenset[str], names: Iterable[str]) -> frozenset[str]:
        """Those of the active labels that can change the plan of an operation.

        Args:
            active: Labels switched on.
            names: Of all fields that are selected.
        """
        seen = self._always.union(names) if active else self._always
        return frozenset(
            label for label in active if not seen.isdisjoint(self._names.get(label, ()))
        )

    def graph(self, active: frozenset[str]) -> QueryGraph:
        """The graph with these labels switched on; unknown ones change nothing."""
        known = active.intersection(self.labels)
        found = self._graphs.get(known)
        if found is None:
            found = self._graphs[known] = self._with(known)
        return found

    def _with(self, active: frozenset[str]) -> QueryGraph:
        types: dict[str, Mapping[str, SubgraphType]] = dict(self.plain.types)
        for definition, labels in self._labelled:
            if active.isdisjoint(labels):
                continue
            for graph in {join.graph for join in definition.joins}:
                held = types[graph][definition.name]
                fields = fields_of(graph, definition, active)
                types[graph] = {**types[graph], definition.name: replace(held, fields=fields)}
        resolvers = resolvers_of(self.plain.graphs, types, self.plain.interfaces)
        return replace(self.plain, types=types, resolvers=resolvers)


def names_in(selections: SelectionSet) -> Iterator[str]:
    """Names of all fields of a selection set, with repetitions."""
    for selection in every_selection(selections):
        if isinstance(selection, Field):
            yield selection.name


def _labels_in(definition: ObjectType | InterfaceType) -> dict[str, set[str]]:
    """Names of the fields that each label moves."""
    found: dict[str, set[str]] = {}
    for field in definition.fields.values():
        for join in field.joins:
            if join.override_label is not None:
                found.setdefault(join.override_label, set()).add(field.name)
    return found


def _names_in_field_sets(supergraph: Supergraph) -> Iterator[str]:
    """Fields that can be fetched although nobody selects them."""
    for definition in supergraph.composite_types():
        for join in definition.joins:
            yield from names_in(read_field_set(join.key) if join.key else ())
        for field in definition.fields.values():
            yield from _names_needed(field)


def _names_needed(field: FieldDefinition) -> Iterator[str]:
    for join in field.joins:
        for text in (join.requires, join.provides):
            yield from names_in(read_field_set(text) if text else ())
        for argument in read_context_arguments(join):
            yield from names_in(argument.selections)
