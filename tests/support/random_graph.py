"""Random federated schemas, split from a random monolith over the same rows.

The monolith is the truth: one schema in which every field is answered from the rows. Its fields
are dealt out to subgraphs with keys, shared fields, ``@requires``, ``@provides``, interfaces and
unions. A subgraph answers only what it holds, and computes a required field from the
representation it was sent, so that a wrong or missing input shows in the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import GraphQLResolveInfo, GraphQLSchema, build_schema, execute_sync, parse
from graphql.type import GraphQLAbstractType

from federation.errors import SubgraphUnreachable
from federation.execution.transport import SubgraphReply, SubgraphRequest

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: '
    '["@key", "@shareable", "@external", "@requires", "@provides", "@interfaceObject"])'
)
MACHINERY = """
directive @key(fields: String!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @interfaceObject on OBJECT
directive @shareable repeatable on OBJECT | FIELD_DEFINITION
directive @external on OBJECT | FIELD_DEFINITION
directive @requires(fields: String!) on FIELD_DEFINITION
directive @provides(fields: String!) on FIELD_DEFINITION
scalar _Any
"""
SCALARS = ("String", "Int", "Color", "[String]", "[Int!]", "Boolean", "String!", "Int!", "[[Int]]")
GOVERNANCE = """
extend schema @link(url: "https://specs.datong.dev/governance/v1.0", import: ["@dataSubject"])
"""
SUBJECT = "directive @dataSubject on FIELD_DEFINITION"
ADDER = f"""{LINK}
type Node @key(fields: "id") @interfaceObject {{ id: ID! extra: String }}
type Query {{ addedNodes: [Node] }}
"""
PLAIN = ("String", "Int")
KEY_CHOICES = (["id"], ["id"], ["code"], ["id", "code"], ["id code"], ["at { place }"])
ROWS = 4


@dataclass
class FieldSpec:
    """A field of the monolith and where it lives.

    Attributes:
        holders: Subgraphs that resolve it.
        requires: Scalar fields of the same entity that it is computed from.
        provides: Subgraph to a scalar field of the target that its value brings along.
    """

    name: str
    type: str
    target: str = ""
    holders: list[str] = field(default_factory=list)
    requires: tuple[str, ...] = ()
    provides: dict[str, str] = field(default_factory=dict)


@dataclass
class EntitySpec:
    """An object type with keys.

    Attributes:
        keys: Subgraph to the key field sets by which it can be entered there.
        subject: Its ``@dataSubject`` field, if any.
    """

    name: str
    fields: dict[str, FieldSpec] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    subject: str = ""
    interfaces: list[str] = field(default_factory=list)


class RandomGraph:
    """One random monolith and its split.

    Attributes:
        monolith: SDL of the whole.
        subgraphs: SDL by subgraph name.
        node_keeper: The subgraph whose interface Node has a key, so that another one can add a
            field to it as an interface object; None when no subgraph can.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.names = [f"s{number}" for number in range(self.random.randint(2, 4))]
        self.entities: dict[str, EntitySpec] = {}
        self.roots: dict[str, FieldSpec] = {}
        self.values: dict[str, dict[str, FieldSpec]] = {}
        self.union: list[str] = []
        self._make_types()
        self.node_keeper = self._find_node_keeper()
        self._make_roots()
        self.rows = self._make_rows()
        self.monolith = self._monolith_sdl()
        self.subgraphs = self._subgraph_sdls()

    def name_persons(self, random: Random) -> None:
        """Let a field of some types be the one that identifies whom a row is about."""
        for entity in self.entities.values():
            fields = [
                each
                for each in entity.fields.values()
                if each.type.strip("!") in PLAIN and not each.requires
            ]
            if fields and random.random() < 0.6:
                entity.subject = random.choice(fields).name
        self.subgraphs = self._subgraph_sdls()

    def _subgraph_sdls(self) -> dict[str, str]:
        made = {name: self._subgraph_sdl(name) for name in self.names}
        return made | ({"adder": ADDER} if self.node_keeper else {})

    # The monolith

    def _make_types(self) -> None:
        entity_names = [f"E{number}" for number in range(self.random.randint(2, 4))]
        for number in range(self.random.randint(0, 2)):
            # Each holder has v0; the rest is split, to be joined through the entity around it.
            holders = self._some_subgraphs(self.random.choice([1, 2]))
            self.values[f"V{number}"] = {
                f"v{at}": FieldSpec(
                    f"v{at}",
                    self.random.choice(SCALARS),
                    holders=holders if at == 0 else [self.random.choice(holders)],
                )
                for at in range(self.random.randint(1, 4))
            }
        for name in entity_names:
            entity = EntitySpec(name)
            # One subgraph knows every key, so that each is reachable from each.
            hub = self.random.choice(self.names)
            for subgraph in self.names:
                keys = self.random.choice(KEY_CHOICES)
                every = ["id", "code", "at { place }"]
                entity.keys[subgraph] = every if subgraph == hub else list(keys)
            if self.random.random() < 0.3:
                entity.interfaces.append("Node")
            self.entities[name] = entity
        self.union = self.random.sample(entity_names, 2)
        for entity in self.entities.values():
            self._add_fields(entity)
        for entity in self.entities.values():
            for spec in entity.fields.values():
                self._add_provided(spec)

    def _add_fields(self, entity: EntitySpec) -> None:
        for number in range(self.random.randint(2, 5)):
            self._add_scalar(entity, f"f{number}")
        for number in range(self.random.randint(0, 2)):
            self._add_reference(entity, f"r{number}")
        for number in range(self.random.randint(0, 2)):
            self._add_required(entity, f"q{number}")
        if self.values and self.random.random() < 0.6:
            value = self.random.choice(list(self.values))
            shape = self.random.choice(["{}", "[{}]", "{}!", "[{}!]!"])
            holders = self.values[value]["v0"].holders
            entity.fields["v"] = FieldSpec("v", shape.format(value), value, list(holders))

    def _find_node_keeper(self) -> str | None:
        members = self.members("Node")
        for name in self.names:
            if members and all("id" in self.entities[each].keys[name] for each in members):
                return name
        return None

    def _some_subgraphs(self, at_most: int) -> list[str]:
        return sorted(self.random.sample(self.names, min(len(self.names), at_most)))

    def _add_scalar(self, entity: EntitySpec, name: str) -> None:
        holders = self._some_subgraphs(self.random.choice([1, 1, 1, 2]))
        entity.fields[name] = FieldSpec(name, self.random.choice(SCALARS), holders=holders)

    def _add_reference(self, entity: EntitySpec, name: str) -> None:
        targets = [*self.entities, "Thing"]
        if any("Node" in each.interfaces for each in self.entities.values()):
            targets.append("Node")
        target = self.random.choice(targets)
        shape = self.random.choice(["{}", "[{}]", "[{}!]!", "{}"])
        holders = self._some_subgraphs(self.random.choice([1, 1, 2]))
        entity.fields[name] = FieldSpec(name, shape.format(target), target, holders)

    def _add_required(self, entity: EntitySpec, name: str) -> None:
        holder = self.random.choice(self.names)
        inputs = [
            spec.name
            for spec in entity.fields.values()
            if holder not in spec.holders and not spec.target
        ]
        if inputs:
            chosen = tuple(self.random.sample(inputs, min(len(inputs), self.random.randint(1, 2))))
            entity.fields[name] = FieldSpec(name, "String", holders=[holder], requires=chosen)

    def _add_provided(self, spec: FieldSpec) -> None:
        target = self.entities.get(spec.target)
        if target is None or self.random.random() > 0.4:
            return
        for subgraph in spec.holders:
            names = [
                each.name
                for each in target.fields.values()
                if not each.target and not each.requires and subgraph not in each.holders
            ]
            if names:
                spec.provides[subgraph] = self.random.choice(names)

    def _make_roots(self) -> None:
        for name in self.entities:
            holders = self._some_subgraphs(self.random.choice([1, 1, 2]))
            self.roots[f"all{name}"] = FieldSpec(f"all{name}", f"[{name}!]!", name, holders)
            holders = self._some_subgraphs(1)
            self.roots[f"one{name}"] = FieldSpec(f"one{name}", name, name, holders)
        holders = self._some_subgraphs(1)
        self.roots["things"] = FieldSpec("things", "[Thing]", "Thing", holders)
        if any("Node" in entity.interfaces for entity in self.entities.values()):
            self.roots["nodes"] = FieldSpec("nodes", "[Node]", "Node", self._some_subgraphs(1))
        if self.node_keeper:
            self.roots["addedNodes"] = FieldSpec("addedNodes", "[Node]", "Node", ["adder"])

    def _make_rows(self) -> dict[str, list[dict[str, Any]]]:
        rows: dict[str, list[dict[str, Any]]] = {
            name: [
                {
                    "__typename": name,
                    "id": f"{name}-{at}",
                    "code": f"c{name}{at}",
                    "at": {"__typename": "At", "place": f"p{name}{at}", "floor": at},
                    "extra": f"x{name}{at}" if at else None,
                }
                for at in range(ROWS)
            ]
            for name in self.entities
        }
        for name, entity in self.entities.items():
            for row in rows[name]:
                for spec in entity.fields.values():
                    if not spec.requires:
                        row[spec.name] = self._value(spec.type, spec.target, rows)
            for row in rows[name]:
                for spec in entity.fields.values():
                    if spec.requires:
                        row[spec.name] = computed(spec, row)
        return rows

    def _value(self, type_text: str, target: str, rows: Mapping[str, list[dict[str, Any]]]) -> Any:
        if type_text.endswith("!"):
            value = None
            while value is None:
                value = self._value(type_text[:-1], target, rows)
            return value
        if self.random.random() < 0.12:
            return None
        if type_text.startswith("["):
            inner = type_text[1:-1]
            return [self._value(inner, target, rows) for _ in range(self.random.randint(0, 3))]
        if target in self.values:
            return {
                "__typename": target,
                **{
                    spec.name: self._value(spec.type, "", rows)
                    for spec in self.values[target].values()
                },
            }
        if target:
            return self.random.choice(rows[self.random.choice(self.members(target))])
        return {
            "String": f"s{self.random.randint(0, 9)}",
            "Int": self.random.randint(0, 9),
            "Boolean": self.random.random() < 0.5,
            "Color": self.random.choice(["RED", "BLUE"]),
        }[type_text]

    def members(self, target: str) -> list[str]:
        """Object types a value of a type can have."""
        if target == "Thing":
            return self.union
        if target == "Node":
            return [e.name for e in self.entities.values() if "Node" in e.interfaces]
        return [target]

    # Texts

    def _monolith_sdl(self) -> str:
        parts = ["enum Color { RED BLUE }", f"union Thing = {' | '.join(self.union)}"]
        if self.members("Node"):
            parts.append(self._interface_sdl(None))
        floor = " floor: Int" if self._floor_knower() else ""
        parts.append(f"type At {{ place: String!{floor} }}")
        for name, specs in self.values.items():
            parts.append(
                self._body(f"type {name}", [f"{s.name}: {s.type}" for s in specs.values()])
            )
        for entity in self.entities.values():
            implements = " implements Node" if entity.interfaces else ""
            lines = ["id: ID!", "code: String!", "at: At!"]
            if entity.interfaces and self.node_keeper:
                lines.append("extra: String")
            lines += [f"{spec.name}: {spec.type}" for spec in entity.fields.values()]
            parts.append(self._body(f"type {entity.name}{implements}", lines))
        parts.append(
            self._body("type Query", [f"{spec.name}: {spec.type}" for spec in self.roots.values()])
        )
        return "\n".join(parts)

    def _subgraph_sdl(self, subgraph: str) -> str:
        names_persons = any(entity.subject for entity in self.entities.values())
        parts = [LINK, *([GOVERNANCE, SUBJECT] if names_persons else [])]
        parts += ["enum Color { RED BLUE }", f"union Thing = {' | '.join(self.union)}"]
        if any(entity.interfaces for entity in self.entities.values()):
            parts.append(self._interface_sdl(subgraph))
        keys = [key for entity in self.entities.values() for key in entity.keys[subgraph]]
        if any("at" in key for key in keys):
            # Only one subgraph knows the floor.
            floor = " floor: Int" if subgraph == self._floor_knower() else ""
            parts.append(f"type At @shareable {{ place: String!{floor} }}")
        for name, specs in self.values.items():
            if subgraph in specs["v0"].holders:
                lines = [f"{s.name}: {s.type}" for s in specs.values() if subgraph in s.holders]
                parts.append(self._body(f"type {name} @shareable", lines))
        parts += [self._entity_sdl(entity, subgraph) for entity in self.entities.values()]
        roots = [
            f"{spec.name}: {spec.type}{self._provides(spec, subgraph)} @shareable"
            for spec in self.roots.values()
            if subgraph in spec.holders
        ]
        # Every subgraph has a root field of its own, so that none is without a Query type.
        parts.append(self._body("type Query", [*roots, f"ping_{subgraph}: String"]))
        return "\n".join(parts)

    def _floor_knower(self) -> str | None:
        """The subgraph that tells all of ``At``: one that knows it for every entity."""
        for name in self.names:
            if all(
                any("at" in key for key in entity.keys[name]) for entity in self.entities.values()
            ):
                return name
        return None

    def _interface_sdl(self, subgraph: str | None) -> str:
        """The interface with the fields that all its objects have, in one subgraph or anywhere."""
        lines = ["id: ID!"]
        if self._interface_field(subgraph):
            lines.append(f"f0: {self._interface_field(subgraph)}")
        if subgraph is None and self.node_keeper:
            lines.append("extra: String")
        keeps = subgraph is not None and subgraph == self.node_keeper
        key = ' @key(fields: "id")' if keeps else ""
        return self._body(f"interface Node{key}", lines)

    def _interface_field(self, subgraph: str | None) -> str:
        """The type of ``f0`` where it can be a field of the interface; empty where it cannot."""
        fields = [self.entities[name].fields["f0"] for name in self.members("Node")]
        if len({spec.type for spec in fields}) != 1:
            return ""
        if subgraph is None:
            return fields[0].type if any(map(self._interface_field, self.names)) else ""
        return fields[0].type if all(subgraph in spec.holders for spec in fields) else ""

    def _entity_sdl(self, entity: EntitySpec, subgraph: str) -> str:
        keys = entity.keys[subgraph]
        lines = []
        texts = " ".join(keys).split()
        if "id" in texts or entity.interfaces:
            lines.append("id: ID! @shareable")
        if "code" in texts:
            lines.append("code: String! @shareable")
        if "at" in texts:
            lines.append("at: At! @shareable")
        external = self._externals(entity, subgraph)
        for spec in entity.fields.values():
            if subgraph in spec.holders:
                requires = (
                    f' @requires(fields: "{" ".join(spec.requires)}")' if spec.requires else ""
                )
                shareable = "" if spec.requires else " @shareable"
                provides = self._provides(spec, subgraph)
                subject = " @dataSubject" if spec.name == entity.subject else ""
                lines.append(f"{spec.name}: {spec.type}{requires}{provides}{shareable}{subject}")
            elif spec.name in external:
                lines.append(f"{spec.name}: {spec.type} @external")
        implements = " implements Node" if entity.interfaces else ""
        applied = "".join(f' @key(fields: "{key}")' for key in keys)
        return self._body(f"type {entity.name}{implements}{applied}", lines)

    def _externals(self, entity: EntitySpec, subgraph: str) -> set[str]:
        names: set[str] = set()
        for spec in entity.fields.values():
            if subgraph in spec.holders:
                names.update(spec.requires)
        every = [*self.roots.values()]
        for other in self.entities.values():
            every += other.fields.values()
        names.update(
            spec.provides[subgraph]
            for spec in every
            if spec.target == entity.name and subgraph in spec.provides
        )
        return names

    def _provides(self, spec: FieldSpec, subgraph: str) -> str:
        provided = spec.provides.get(subgraph)
        return f' @provides(fields: "{provided}")' if provided else ""

    @staticmethod
    def _body(head: str, lines: list[str]) -> str:
        return f"{head} {{\n" + "".join(f"  {line}\n" for line in lines) + "}"

    # Answers

    def root_value(self, spec: FieldSpec) -> Any:
        """The value of a root field, the same wherever it is resolved."""
        found = [row for name in self.members(spec.target) for row in self.rows[name]]
        return found if spec.type.startswith("[") else found[1]

    def answer(self, query: str, variables: Mapping[str, Any]) -> Any:
        """What the monolith answers."""
        result = execute_sync(
            build_schema(self.monolith),
            parse(query),
            variable_values=dict(variables),
            field_resolver=self.resolve_monolith,
            type_resolver=type_of_row,
        )
        return result.formatted

    def resolve_monolith(self, source: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
        """The value of a field of the monolith."""
        if source is None:
            return self.root_value(self.roots[info.field_name])
        return source[info.field_name]


def computed(spec: FieldSpec, inputs: Mapping[str, Any]) -> str:
    """The value of a required field: a text that shows every input."""
    return f"{spec.name}({','.join(repr(inputs.get(name, 'MISSING')) for name in spec.requires)})"


def type_of_row(value: Any, _info: GraphQLResolveInfo[Any], _type: GraphQLAbstractType) -> str:
    """The runtime type of an object."""
    return str(value["__typename"])


def _node(_value: Any, _info: GraphQLResolveInfo[Any], _type: GraphQLAbstractType) -> str:
    return "Node"


class RandomSubgraphs:
    """Transport to the subgraphs of a random graph, each executed by graphql-core.

    Attributes:
        sent: Every request so far: subgraph and text.
        schemas: What each subgraph really answers, by name.
    """

    def __init__(self, graph: RandomGraph) -> None:
        self.graph = graph
        self.sent: list[tuple[str, str]] = []
        self.schemas = {name: self._schema(sdl) for name, sdl in graph.subgraphs.items()}

    def _schema(self, sdl: str) -> GraphQLSchema:
        entities = "Node" if sdl == ADDER else " | ".join(self.graph.entities)
        return build_schema(
            sdl.replace(LINK, MACHINERY).replace(GOVERNANCE, "")
            + f"\nunion _Entity = {entities}"
            + "\nextend type Query { _entities(representations: [_Any!]!): [_Entity]! }"
        )

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        """Execute a request; a text that is not valid there counts as unreachable."""
        self.sent.append((subgraph, request.text))
        schema = self.schemas.get(subgraph)
        if schema is None:
            raise SubgraphUnreachable(subgraph, "unknown subgraph")
        result = execute_sync(
            schema,
            parse(request.text),
            variable_values=dict(request.variables),
            field_resolver=self._resolve,
            type_resolver=_node if subgraph == "adder" else type_of_row,
        )
        formatted = result.formatted
        return SubgraphReply(formatted.get("data"), tuple(formatted.get("errors", ())))

    def _resolve(self, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        name = info.field_name
        if name == "_entities":
            return [self._entity(each) for each in arguments["representations"]]
        if source is None:
            return self.graph.root_value(self.graph.roots[name])
        entity = self.graph.entities.get(source["__typename"])
        spec = entity.fields.get(name) if entity else None
        if spec is not None and spec.requires:
            return computed(spec, source.get("__sent", {}))
        return source[name]

    def _entity(self, sent: Mapping[str, Any]) -> dict[str, Any] | None:
        names = self.graph.members(sent["__typename"])
        for row in (each for name in names for each in self.graph.rows[name]):
            matches = [row[name] == sent[name] for name in ("id", "code") if name in sent]
            if "at" in sent:
                matches.append(row["at"]["place"] == sent["at"]["place"])
            if matches and all(matches):
                return {**row, "__sent": sent}
        return None
