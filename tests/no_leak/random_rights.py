"""Random rights and row filters on random graphs, and a reference that says what they open.

The reference is the monolith executed field by field: a field that the decision does not open fails
there, as the specification lets a field fail, a masked one is masked, and rows that their filter
does not let pass are not there. The gateway must give the same data. Departments that hold a
filter's column filter by themselves, the others do not. What the gateway sends them may hold what
the caller reads, keys, columns of filters, and inputs that the decision lets feed something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    execute_sync,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
    visit,
)

from federation.access import (
    AccessIndex,
    AccessRequest,
    Decision,
    Effect,
    bind_mask,
    build_access_index,
    read_decision,
)
from federation.audit import Identity, build_identities
from federation.catalogue import build_catalogue
from federation.composition import compose
from federation.execution import (
    SubgraphReply,
    SubgraphRequest,
)
from federation.query_graph import QueryGraph, build_query_graph
from federation.subgraph import load_subgraph
from federation.supergraph import Supergraph, build_api_schema
from subgraphs.toolkit.conditions import holds, load_condition
from tests.support.random_graph import RandomGraph, RandomSubgraphs, computed

VARIABLES = {"yes": True, "no": False}
SECRET = "§"
TELLING = "zz_"
"""Begins response keys of what the reference alone is asked."""
MASK_KEY = b"k"
KEYS = {"id", "code", "at", "place"}
MASKS = {
    "initial": {"String", "ID"},
    "last4": {"String", "ID"},
    "hash": {"String", "ID"},
    "range": {"Int"},
}


class RecordingSubgraphs(RandomSubgraphs):
    """Keeps the variables as well, and filters rows where a subgraph can.

    Args:
        graph: The random graph.
        filters: By type, condition trees.
        index: Knows who holds a filter's column.
    """

    def __init__(self, graph: RandomGraph, filters: Mapping[str, Any], index: AccessIndex) -> None:
        super().__init__(graph)
        self.requests: list[tuple[str, SubgraphRequest]] = []
        self._filters = filters
        self._index = index
        self._bound: dict[str, Any] = {}

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        self.requests.append((subgraph, request))
        self._bound = {
            name: tree
            for name, tree in self._filters.items()
            if self._index.holds(subgraph, name, _columns(tree))
        }
        return await super().send(subgraph, request)

    def _resolve(self, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        value = super()._resolve(source, info, **arguments)
        if info.field_name == "_entities":
            return [filtered(each, self._bound) for each in value]
        return filtered(value, self._bound)


def filtered(value: Any, filters: Mapping[str, Any]) -> Any:
    """What is left of a value when rows that do not pass are not there."""
    if isinstance(value, list):
        shown = ((item, filtered(item, filters)) for item in value)
        return [left for item, left in shown if item is None or left is not None]
    tree = filters.get(value["__typename"]) if isinstance(value, dict) else None
    if tree is None:
        return value
    return value if holds(load_condition(tree, lambda _, given: given), value) else None


def _columns(tree: Mapping[str, Any]) -> list[str]:
    return [tree["field"]] if "field" in tree else _columns(tree["not"])


def row_filters(graph: RandomGraph, random: Random) -> dict[str, Any]:
    """Filters on some types, by columns that are single values."""
    filters: dict[str, Any] = {}
    for name, entity in graph.entities.items():
        columns = [
            spec
            for spec in entity.fields.values()
            if spec.type.strip("!") in ("Int", "Boolean", "Color") and not spec.requires
        ]
        if columns and random.random() < 0.4:
            spec = random.choice(columns)
            value = next((r[spec.name] for r in graph.rows[name] if r[spec.name] is not None), 1)
            op = random.choice(["eq", "ne", "ge"] if spec.type.startswith("Int") else ["eq", "ne"])
            tree: dict[str, Any] = {"field": spec.name, "op": op, "value": value}
            filters[name] = {"not": tree} if random.random() < 0.2 else tree
    return filters


@dataclass
class World:
    """One random graph with rows in which every text tells that it is one."""

    seed: int
    graph: RandomGraph
    supergraph: Supergraph
    monolith: GraphQLSchema
    schema: GraphQLSchema
    query_graph: QueryGraph
    index: AccessIndex
    identities: Mapping[str, Identity]

    def names_by(self, type_name: str, field: str) -> bool:
        """Whether the audit trail names the objects of a type by a field."""
        entity = self.graph.entities.get(type_name)
        return entity is not None and entity.subject == field


def world_of(seed: int) -> World:
    graph = RandomGraph(seed)
    _mark_texts(graph)
    if seed % 2:
        graph.name_persons(Random(seed))
    composition = compose(
        load_subgraph(name, f"http://{name}", sdl) for name, sdl in graph.subgraphs.items()
    )
    assert composition.supergraph is not None, composition.errors
    schema = build_api_schema(composition.supergraph)
    return World(
        seed,
        graph,
        composition.supergraph,
        build_schema(graph.monolith),
        schema,
        build_query_graph(composition.supergraph),
        build_access_index(composition.supergraph, schema),
        build_identities(composition.supergraph, build_catalogue(composition.supergraph)),
    )


def _mark_texts(graph: RandomGraph) -> None:
    number = iter(range(10_000, 100_000))

    def mark(value: Any) -> Any:
        if isinstance(value, list):
            return [mark(item) for item in value]
        # As many digits each, so that no text is the beginning of another one.
        return f"{value}{SECRET}{next(number)}" if isinstance(value, str) else value

    for name, entity in graph.entities.items():
        for row in graph.rows[name]:
            for spec in entity.fields.values():
                if "String" in spec.type and not spec.requires:
                    row[spec.name] = mark(row[spec.name])
        for row in graph.rows[name]:
            for spec in entity.fields.values():
                if spec.requires:
                    row[spec.name] = computed(spec, row)


class Rights:
    """Random rights that answer about a use always alike, some of them malformed or not at all.

    Args:
        filters: By type, condition trees.
        seed: Of the answers.
        by_type: All fields of a type are allowed, or all are denied.

    Attributes:
        given: All answers, in the order of the questions.
    """

    def __init__(self, filters: Mapping[str, Any], seed: int, *, by_type: bool = False) -> None:
        self.given: list[Decision] = []
        self.filters = filters
        self._seed = seed
        self._answers = _answers_by_type if by_type else _answers

    def decide(self, asked: AccessRequest) -> Decision:
        """An answer of contract 1."""
        fields = self._answers(asked, self._seed)
        answer = {"contract": 1, "fields": fields, "row_filters": self.filters}
        self.given.append(read_decision(asked, answer, "r"))
        return self.given[-1]


def _answers(asked: AccessRequest, seed: int) -> dict[str, dict[str, Any]]:
    fields: dict[str, dict[str, Any]] = {}
    for coordinate, uses in asked.fields.items():
        for use in uses.names():
            random = Random(f"{seed} {coordinate} {use}")
            effect = random.choices(["allow", "mask", "deny", "odd"], [70, 14, 13, 3])[0]
            if Random(f"{seed} {coordinate.partition('.')[0]}").random() < 0.2:
                # Of some types nothing, or little, may be read.
                effect = "deny" if random.random() < 0.95 else "mask"
            if coordinate.startswith("Query.") and random.random() < 0.7:
                effect = "allow"
            verdict: dict[str, Any] = {"effect": effect, "reasons": ["r"], "rule": "r"}
            if effect == "mask":
                verdict["mask"] = random.choice([*MASKS, "null", "unheard"])
            if random.random() > 0.03:
                fields.setdefault(coordinate, {})[use] = verdict
    return fields


def _answers_by_type(asked: AccessRequest, seed: int) -> dict[str, dict[str, Any]]:
    fields: dict[str, dict[str, Any]] = {}
    for coordinate, uses in asked.fields.items():
        name = coordinate.partition(".")[0]
        is_denied = name != "Query" and Random(f"{seed} {name}").random() < 0.3
        verdict = {"effect": "deny" if is_denied else "allow", "reasons": ["r"], "rule": "r"}
        fields[coordinate] = dict.fromkeys(uses.names(), verdict)
    return fields


class Reference:
    """What a decision lets a caller read, said once more and without the gateway's code."""

    def __init__(
        self,
        world: World,
        decisions: Sequence[Decision],
        filters: Mapping[str, Any],
        mask_key: bytes = MASK_KEY,
    ) -> None:
        self.world = world
        self._mask_key = mask_key
        self.filters = filters
        self.effects = {
            key: (verdict.effect.value, verdict.mask)
            for decision in decisions
            for key, verdict in decision.verdicts.items()
        }
        self._asked = {coordinate for coordinate, _ in decisions[0].verdicts}

    def opens(self, type_name: str, field: str) -> bool:
        targets = self._targets(type_name, field)
        if targets and not any(map(self.sees, targets)):
            return False
        return self._is_open(type_name, field)

    def sees(self, type_name: str) -> bool:
        """Whether the caller may know of rows: something asked, or anything of them, is open."""
        definition: Any = self.world.schema.type_map[type_name]
        return any(
            self._may(type_name, name)
            if f"{type_name}.{name}" in self._asked
            else self._is_open(type_name, name)
            for name in definition.fields
        )

    def _targets(self, type_name: str, field: str) -> list[str]:
        entity = self.world.graph.entities.get(type_name)
        spec = (entity.fields if entity else self.world.graph.roots).get(field)
        members = self.world.graph.members(spec.target) if spec and spec.target else []
        return [name for name in members if name in self.world.graph.entities]

    def _is_open(self, type_name: str, field: str) -> bool:
        return self._may(type_name, field) and not self._is_mixed(type_name, field)

    def _may(self, type_name: str, field: str) -> bool:
        effect, mask = self.effects.get((f"{type_name}.{field}", "select"), ("deny", None))
        if effect == "deny" or (effect == "mask" and not self._suits(type_name, field, mask)):
            return False
        return all(
            self.effects.get((f"{type_name}.{name}", "join"), ("deny", None))[0] == "allow"
            for name in self.inputs(type_name, field)
        )

    def shows(self, type_name: str, field: str) -> bool:
        """Whether the caller may see its values as they are."""
        effect, _ = self.effects.get((f"{type_name}.{field}", "select"), ("deny", None))
        return effect == "allow" and self.opens(type_name, field)

    def masks(self, type_name: str, field: str) -> bool:
        """Whether the caller sees its values masked, and not only null."""
        effect, mask = self.effects.get((f"{type_name}.{field}", "select"), ("deny", None))
        return effect == "mask" and mask != "null" and self.opens(type_name, field)

    @property
    def masks_to_null(self) -> bool:
        """Whether some mask leaves nothing of a value."""
        return any(mask == "null" for _, mask in self.effects.values())

    def inputs(self, type_name: str, field: str) -> Iterator[str]:
        """Everything that a field is computed from, at any distance."""
        entity = self.world.graph.entities.get(type_name)
        spec = entity.fields.get(field) if entity else None
        for name in spec.requires if spec else ():
            yield name
            yield from self.inputs(type_name, name)

    def _is_mixed(self, type_name: str, field: str) -> bool:
        """Whether one department would give a whole list and another one a filtered list."""
        entity = self.world.graph.entities.get(type_name)
        spec = (entity.fields if entity else self.world.graph.roots).get(field)
        if spec is None or "[" not in spec.type or not spec.target:
            return False
        filtered = self.filters.keys() & set(self.world.graph.members(spec.target))
        return any(
            len({self.world.index.holds(each, name, columns) for each in spec.holders}) > 1
            for name in filtered
            for columns in [_columns(self.filters[name])]
        )

    def filters_by(self, type_name: str, field: str) -> bool:
        """Whether rows are filtered by it."""
        tree = self.filters.get(type_name)
        return tree is not None and field in _columns(tree)

    def feeds(self, type_name: str, field: str) -> bool:
        """Whether it may be fetched for something that it feeds and the caller reads."""
        entity = self.world.graph.entities.get(type_name)
        return entity is not None and any(
            field in self.inputs(type_name, name) and self.opens(type_name, name)
            for name in entity.fields
        )

    def _suits(self, type_name: str, field: str, mask: str | None) -> bool:
        definition: Any = self.world.schema.type_map[type_name]
        text, named = str(definition.fields[field].type), definition.fields[field].type
        if not is_leaf_type(get_named_type(named)):
            return False
        if mask == "null":
            return "[" not in text and not text.endswith("!")
        return get_named_type(named).name in MASKS.get(mask or "", ())

    def _seen(self, value: Any) -> Any:
        """What is left of a value when rows are not there of which nothing may be read."""
        if isinstance(value, list):
            shown = ((item, self._seen(item)) for item in value)
            return [left for item, left in shown if item is None or left is not None]
        name = value.get("__typename") if isinstance(value, dict) else None
        return None if name in self.world.graph.entities and not self.sees(name) else value

    def _masked(self, mask: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self._masked(mask, each) for each in value]
        return bind_mask(mask, self._mask_key)(value)

    def answer(self, text: str) -> Any:
        def resolve(source: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
            type_name, name = info.parent_type.name, info.field_name
            if any(str(step).startswith(TELLING) for step in info.path.as_list()):
                # Nobody but the audit trail is told these.
                return source[name]
            if not self.opens(type_name, name):
                raise GraphQLError("denied")
            if source is None:
                value = self.world.graph.root_value(self.world.graph.roots[name])
                return self._seen(filtered(value, self.filters))
            effect, mask = self.effects[f"{type_name}.{name}", "select"]
            value = self._seen(filtered(source[name], self.filters))
            return self._masked(mask or "", value) if effect == "mask" else value

        return execute_sync(
            self.world.monolith,
            parse(text),
            variable_values=VARIABLES,
            field_resolver=resolve,
            type_resolver=lambda value, *_: value["__typename"],
        ).data


def masks_some(decision: Decision, types: list[str]) -> bool:
    return any(
        verdict.effect is Effect.MASK and coordinate.split(".")[0] in types
        for (coordinate, _), verdict in decision.verdicts.items()
    )


def _sent_fields(schema: GraphQLSchema, text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Possible object types and name of each field in a request, the machinery left out."""
    found: list[tuple[tuple[str, ...], str]] = []
    types = TypeInfo(schema)

    class Collector(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent: Any = types.get_parent_type()
            if not node.name.value.startswith("_"):
                possible = schema.get_possible_types(parent) if is_abstract_type(parent) else ()
                names = tuple(each.name for each in possible) or (parent.name,)
                found.append((names, node.name.value))

    visit(parse(text), TypeInfoVisitor(types, Collector()))
    yield from found


def check_requests(
    world: World, reference: Reference, requests: list[tuple[str, SubgraphRequest]]
) -> None:
    schemas = RandomSubgraphs(world.graph).schemas
    implementers = tuple(world.graph.members("Node"))
    for subgraph, request in requests:
        for names, field in _sent_fields(schemas[subgraph], request.text):
            # To the department with the interface object the interface is an object type.
            types = implementers if names == ("Node",) else names
            assert field in KEYS or any(
                reference.opens(name, field)
                or reference.feeds(name, field)
                or reference.filters_by(name, field)
                or world.names_by(name, field)
                for name in types
            ), (subgraph, names, field, request.text)
        for name, value in request.variables.items():
            for sent in value if name not in VARIABLES else ():
                types = implementers if sent["__typename"] == "Node" else (sent["__typename"],)
                for field in sent.keys() - {"__typename"} - KEYS:
                    assert any(reference.feeds(each, field) for each in types), (subgraph, sent)
