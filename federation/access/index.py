"""What asking and restricting need to know of a schema, built once with the State."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import GraphQLSchema, is_abstract_type, is_composite_type

from federation.access.inputs import Inputs, InputUse, build_inputs, input_uses
from federation.catalogue import (
    Catalogue,
    TypeField,
    build_catalogue,
    concrete_types,
    direct_requirements,
    resolvers,
)
from federation.supergraph.model import (
    EnumType,
    FieldDefinition,
    InterfaceType,
    ObjectType,
    ScalarType,
    Supergraph,
    named_type,
)

_WRITTEN_OTHERWISE = frozenset({"Money", "Decimal", "DateTime"})
"""Scalars whose values a department compares otherwise than their texts."""


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One field of an object type.

    Attributes:
        coordinate: As text.
        type: Type text as in the API schema.
        returns: Object types its value can have, empty for leaves.
        resolvers: Subgraphs that could answer it.
        inputs: Coordinates that it is computed from, closed over their own inputs, sorted.
        derived_from: Object types over whose rows it counts, aggregates or pages: the number of
            edges tells as much as a count.
        concealed: Object types that its value can have and clients do not know, where a subgraph
            that could answer it stands for them by an interface object and cannot tell them apart.
        tells: Object types of which it tells how many rows there are: a count or aggregate, edges
            or one edge, whether there is another page. The connection that holds these tells
            nothing.
        changes: It is a root field of a mutation.
        is_column: The gateway may test it by a row filter: a scalar or enum value that takes no
            arguments, and that compares as it is written.
        cut_by: Arguments that choose among rows otherwise than by what ``@filters`` says, such as
            the size of a page.
        is_cut: One of them has a default, so that rows are chosen even when none is given.
        is_tested: Unexplained arguments of it could tell something about rows.
        required_tests: What required arguments test whatever is given for them: without a right to
            that the field cannot be asked for.
        default_tests: What other arguments test by their defaults where no argument is given.
    """

    coordinate: str
    type: str
    returns: tuple[str, ...]
    resolvers: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    concealed: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    changes: bool = False
    is_column: bool = False
    cut_by: frozenset[str] = frozenset()
    is_cut: bool = False
    is_tested: bool = False
    required_tests: tuple[InputUse, ...] = ()
    default_tests: tuple[InputUse, ...] = ()

    @property
    def is_count(self) -> bool:
        """Whether its value can be told to be too small: whole numbers over rows are counts."""
        return bool(self.tells) and self.type in ("Int", "Int!")


@dataclass(frozen=True, slots=True)
class AccessIndex:
    """Field facts and input meanings of one supergraph.

    Attributes:
        schema: The API schema.
        fields: By object type and field name, hidden ones included: requirements may lead there.
        possible: Composite type name to the object types a value can have.
        subjects: Type name to its ``@dataSubject`` field.
        columns: Type name and field to the subgraphs that hold it as their own data.
        returned_by: Type name to the subgraphs whose answers can hold such objects.
        rows: Object types that stand for rows (by a key, a data subject or a region, or since
            something counts them), to their fields: whoever may read none of these may not know
            that there are any. Fields graded by their place alone are left out.
        inputs: What arguments, input fields and enum values test or order by.
        tests_rows: Rows that no subgraph can filter are left to the gateway; else they are refused.
    """

    schema: GraphQLSchema
    fields: Mapping[TypeField, FieldFacts]
    possible: Mapping[str, tuple[str, ...]]
    subjects: Mapping[str, str]
    columns: Mapping[TypeField, frozenset[str]]
    returned_by: Mapping[str, frozenset[str]]
    rows: Mapping[str, tuple[TypeField, ...]]
    inputs: Inputs
    tests_rows: bool = True

    def rows_of(self, facts: FieldFacts) -> tuple[str, ...]:
        """Types that stand for rows, of which the value of a field tells.

        The edge of a row that a mutation made tells its caller nothing new; of one that it changed
        it tells whether that is there.
        """
        changed = facts.derived_from if facts.changes else ()
        told = (*facts.tells, *facts.returns, *changed)
        return tuple(name for name in dict.fromkeys(told) if name in self.rows)

    def holds(self, subgraph: str, type_name: str, fields: Iterable[str]) -> bool:
        """Whether a subgraph can itself test all these fields of a type."""
        nowhere: frozenset[str] = frozenset()
        return all(subgraph in self.columns.get((type_name, f), nowhere) for f in fields)


def build_access_index(
    supergraph: Supergraph, schema: GraphQLSchema, catalogue: Catalogue | None = None
) -> AccessIndex:
    """The index of one supergraph and its API schema.

    Args:
        supergraph: Hidden elements included; what a visible field requires may be hidden.
        schema: The API schema of the same supergraph.
        catalogue: Of the same supergraph, where the caller has built one already.
    """
    catalogue = catalogue or build_catalogue(supergraph)
    closed = _closure(direct_requirements(supergraph))
    possible = _possible_types(schema)
    subjects = {e.name: e.subject for e in catalogue.entries.values() if e.subject}
    concrete = concrete_types(supergraph)
    paged = _paged_types(supergraph, concrete)
    inputs = build_inputs(supergraph)
    mutation = supergraph.roots.get("mutation")
    columnar = _leaf_types(supergraph)
    fields: dict[TypeField, FieldFacts] = {}
    columns: dict[TypeField, frozenset[str]] = {}
    for definition in supergraph.types.values():
        if not isinstance(definition, ObjectType):
            continue
        for field in definition.fields.values():
            place = (definition.name, field.name)
            answering = resolvers(supergraph, definition, field)
            computed = {
                join.graph
                for join in field.joins
                if join.requires is not None or join.context_arguments is not None
            }
            columns[place] = frozenset(answering) - computed
            item = catalogue.item(*place)
            named = named_type(field.type)
            derived = {*(item.derived_from if item else ()), *paged.get(named, ())}
            # Of a page, the information about further pages tells as much as its rows.
            page = paged.get(definition.name, ()) if _is_connection(definition.name) else ()
            changes = definition.name == mutation
            # One edge is a row; that of a row which a mutation made tells its caller nothing new.
            holds_rows = _is_connection(named) or changes
            is_page = named in paged and holds_rows and "[" not in field.type
            cutting = [each for each in field.arguments if inputs.cuts((*place, each.name))]
            returns = possible.get(named) or concrete.get(named, ())
            is_tested = bool(returns or derived) and not changes
            fields[place] = FieldFacts(
                coordinate=".".join(place),
                type=field.type,
                returns=returns,
                resolvers=answering,
                inputs=tuple(sorted(".".join(key) for key in closed.get(place, ()))),
                derived_from=tuple(sorted(derived)),
                concealed=_concealed(named, answering, supergraph, concrete, possible),
                tells=() if is_page else tuple(sorted(derived.union(page))),
                changes=changes,
                is_column=field.type.removesuffix("!") in columnar and not field.arguments,
                cut_by=frozenset(each.name for each in cutting),
                is_cut=any(each.default is not None for each in cutting),
                is_tested=is_tested,
                required_tests=_required_tests(place, field, inputs, tests_rows=is_tested),
                default_tests=tuple(
                    sorted(input_uses(place, (), {}, inputs, tests_rows=is_tested))
                ),
            )
    return AccessIndex(
        schema=schema,
        fields=fields,
        possible=possible,
        subjects=subjects,
        columns=columns,
        returned_by=_returned_by(supergraph),
        rows=_rows(catalogue, schema, {n for facts in fields.values() for n in facts.tells}),
        inputs=inputs,
    )


def _possible_types(schema: GraphQLSchema) -> dict[str, tuple[str, ...]]:
    possible: dict[str, tuple[str, ...]] = {}
    for name, definition in schema.type_map.items():
        if name.startswith("__") or not is_composite_type(definition):
            continue
        if is_abstract_type(definition):
            members = schema.get_possible_types(definition)
            possible[name] = tuple(sorted(member.name for member in members))
        else:
            possible[name] = (name,)
    return possible


def _concealed(
    type_name: str,
    resolvers: tuple[str, ...],
    supergraph: Supergraph,
    concrete: Mapping[str, tuple[str, ...]],
    possible: Mapping[str, tuple[str, ...]],
) -> tuple[str, ...]:
    interface = supergraph.types.get(type_name)
    if not isinstance(interface, InterfaceType) or type_name not in possible:
        return ()
    standing = {join.graph for join in interface.joins if join.is_interface_object}
    if standing.isdisjoint(resolvers):
        return ()
    return tuple(name for name in concrete[type_name] if name not in possible[type_name])


def _required_tests(
    place: TypeField, field: FieldDefinition, inputs: Inputs, *, tests_rows: bool
) -> tuple[InputUse, ...]:
    uses: set[InputUse] = set()
    for argument in field.arguments:
        if argument.type.endswith("!") and argument.default is None:
            uses |= inputs.always((*place, argument.name), tests_rows=tests_rows)
    return tuple(sorted(uses))


def _is_connection(type_name: str) -> bool:
    return type_name.endswith("Connection")


def _rows(
    catalogue: Catalogue, schema: GraphQLSchema, told: set[str]
) -> dict[str, tuple[TypeField, ...]]:
    rows: dict[str, tuple[TypeField, ...]] = {}
    for entry in catalogue.entries.values():
        if entry.name in told or entry.keys or entry.subject or entry.region:
            # What nobody can ask for gives nobody a right.
            shown = getattr(schema.type_map.get(entry.name), "fields", {})
            graded = [name for name in shown if not entry.items[name].structural]
            rows[entry.name] = tuple((entry.name, name) for name in graded)
    return rows


def _leaf_types(supergraph: Supergraph) -> frozenset[str]:
    named = (t.name for t in supergraph.types.values() if isinstance(t, ScalarType | EnumType))
    return frozenset(("Boolean", "Float", "ID", "Int", "String", *named)) - _WRITTEN_OTHERWISE


def _paged_types(
    supergraph: Supergraph, concrete: Mapping[str, tuple[str, ...]]
) -> dict[str, frozenset[str]]:
    """Object types of the nodes of each connection and edge type."""
    paged: dict[str, frozenset[str]] = {}
    for suffix, names in (("Edge", ("node",)), ("Connection", ("nodes", "edges"))):
        for definition in supergraph.types.values():
            if isinstance(definition, ObjectType) and definition.name.endswith(suffix):
                found: set[str] = set()
                for name in definition.fields.keys() & set(names):
                    inner = named_type(definition.fields[name].type)
                    found |= paged.get(inner, frozenset(concrete.get(inner, ())))
                paged[definition.name] = frozenset(found)
    return paged


def _closure(
    direct: Mapping[TypeField, frozenset[TypeField]],
) -> dict[TypeField, frozenset[TypeField]]:
    closed: dict[TypeField, frozenset[TypeField]] = {}
    for key in direct:
        reached: set[TypeField] = set()
        waiting = list(direct[key])
        while waiting:
            required = waiting.pop()
            if required not in reached:
                reached.add(required)
                waiting.extend(direct.get(required, ()))
        closed[key] = frozenset(reached - {key})
    return closed


def _returned_by(supergraph: Supergraph) -> dict[str, frozenset[str]]:
    """Subgraphs that define a type, or stand for it by an interface object."""
    returned: dict[str, frozenset[str]] = {}
    for definition in supergraph.types.values():
        if not isinstance(definition, ObjectType):
            continue
        graphs = {join.graph for join in definition.joins}
        for name in definition.interfaces:
            interface = supergraph.types.get(name)
            if isinstance(interface, InterfaceType):
                graphs |= {join.graph for join in interface.joins if join.is_interface_object}
        returned[definition.name] = frozenset(graphs)
    return returned
