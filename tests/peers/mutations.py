"""Random small changes to the SDL of subgraphs, most of which make them inconsistent.

Each change is what a person does to a schema: add or drop a directive, a field, an argument or a
value, change a type or a default, move a definition to another subgraph. What results is GraphQL
that parses; whether it composes is the question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any, Final, TypeAlias

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    parse,
    parse_type,
    print_ast,
)
from graphql.language import parse_const_value

from tests.peers.peers import Document

Node: TypeAlias = Any
"""An AST node; the parts that matter differ by kind."""

_ATTEMPTS: Final = 200
_SCALARS: Final = ("Int", "Float", "String", "Boolean", "ID")
_DEFAULTS: Final = {"Int": ("1", "2"), "String": ('"a"', '"b"'), "Boolean": ("true", "false")}
_FIELD_DIRECTIVES: Final = (
    "@shareable",
    "@external",
    "@inaccessible",
    '@tag(name: "a")',
    "@deprecated",
    '@deprecated(reason: "b")',
    "@authenticated",
    '@requiresScopes(scopes: [["r"]])',
    '@policy(policies: [["p"]])',
    "@cost(weight: 3)",
    "@listSize(assumedSize: 2)",
)
_TYPE_DIRECTIVES: Final = (
    "@shareable",
    "@inaccessible",
    '@tag(name: "a")',
    "@authenticated",
    "@interfaceObject",
    "@extends",
    "@external",
)
_VALUE_DIRECTIVES: Final = ("@inaccessible", '@tag(name: "b")', "@deprecated")


class Mutator:
    """Changes a set of subgraphs, one small change at a time.

    Attributes:
        changes: What was done, in words.
    """

    def __init__(self, documents: list[Document], random: Random) -> None:
        self._random = random
        self._documents = [dict(each) for each in documents]
        self._nodes: list[DocumentNode] = [deepcopy(parse(each["sdl"])) for each in documents]
        self.changes: list[str] = []

    def documents(self) -> list[Document]:
        """The subgraphs as they are now."""
        return [
            {**each, "sdl": print_ast(node)}
            for each, node in zip(self._documents, self._nodes, strict=True)
        ]

    def change(self) -> None:
        """One random change; kinds that find nothing to change are passed over.

        A document without any type is left as it is.
        """
        for _ in range(_ATTEMPTS):
            made = self._random.choice(_CHANGES)(self)
            if made:
                self.changes.append(made)
                return

    # What there is.

    def _pick(self, found: list[Any]) -> Any:
        return self._random.choice(found) if found else None

    def _types(self, *kinds: type) -> list[tuple[int, Node]]:
        return [
            (index, node)
            for index, document in enumerate(self._nodes)
            for node in _definitions(document)
            if isinstance(node, kinds or (TypeDefinitionNode, TypeExtensionNode))
            and not _name(node).startswith(("_", "link__", "federation__"))
        ]

    def _fields(self) -> list[tuple[int, Node, Node]]:
        return [
            (index, owner, field)
            for index, owner in self._types()
            for field in getattr(owner, "fields", None) or ()
        ]

    def _output_fields(self) -> list[tuple[int, Node, Node]]:
        return [each for each in self._fields() if isinstance(each[2], FieldDefinitionNode)]

    def _inputs(self) -> Iterator[tuple[int, str, Node]]:
        for index, owner, field in self._fields():
            place = f"{owner.name.value}.{field.name.value}"
            if isinstance(field, InputValueDefinitionNode):
                yield index, place, field
            else:
                for argument in field.arguments or ():
                    yield index, f"{place}({argument.name.value}:)", argument

    def _name(self, index: int) -> str:
        return self._documents[index]["name"]

    def _drop_one(self, owner: Node, attribute: str, minimum: int = 1) -> Node:
        members = list(getattr(owner, attribute) or ())
        if len(members) < minimum:
            return None
        gone = self._random.choice(members)
        _set(owner, **{attribute: tuple(each for each in members if each is not gone)})
        return gone

    # The changes; each says what it did, or nothing when there was nothing to do.

    def change_type(self) -> str:
        """A field or input gets another type: nullability, list, or scalar."""
        places = [(i, f"{o.name.value}.{f.name.value}", f) for i, o, f in self._fields()]
        place = self._pick([*places, *self._inputs()])
        if place is None:
            return ""
        index, name, node = place
        before = print_ast(node.type)
        _set(node, type=parse_type(self._other_type(node.type)))
        return f"{self._name(index)} {name}: {before} becomes {print_ast(node.type)}"

    def _other_type(self, node: Node) -> str:
        text = print_ast(node)
        roll = self._random.random()
        if roll < 0.55:
            return text[:-1] if isinstance(node, NonNullTypeNode) else f"{text}!"
        inner = node.type if isinstance(node, NonNullTypeNode) else node
        if roll < 0.65:
            return print_ast(inner.type) if isinstance(inner, ListTypeNode) else f"[{text}]"
        named = text.strip("[]!")
        if named in _SCALARS:
            other = self._random.choice([each for each in _SCALARS if each != named])
        else:
            kinds = [each.name.value for _, each in self._types()]
            other = self._random.choice(kinds)
        return text.replace(named, other)

    def add_directive(self) -> str:
        """A directive that exists is applied somewhere."""
        roll = self._random.random()
        if roll < 0.6:
            found = self._pick(self._output_fields())
            if found is None:
                return ""
            index, owner, node = found
            name = f"{owner.name.value}.{node.name.value}"
            text = self._field_directive(index, owner, node)
        elif roll < 0.85:
            found = self._pick(self._types())
            if found is None:
                return ""
            index, node = found
            name = node.name.value
            text = self._type_directive(node)
        else:
            found = self._pick([*self._inputs(), *self._enum_values()])
            if found is None:
                return ""
            index, name, node = found
            text = self._random.choice(_VALUE_DIRECTIVES)
        _set(node, directives=(*(node.directives or ()), _directive(text)))
        self._import(index, text)
        return f"{self._name(index)} {name} gets {text}"

    def _field_directive(self, index: int, owner: Node, field: Node) -> str:
        roll = self._random.random()
        other = self._random.choice(self._documents)["name"]
        if roll < 0.15:
            return f'@override(from: "{other}")'
        if roll < 0.2:
            return f'@override(from: "{other}", label: "percent(5)")'
        siblings = [each.name.value for each in owner.fields if each is not field]
        if roll < 0.3 and siblings:
            return f'@requires(fields: "{self._random.choice(siblings)}")'
        if roll < 0.38:
            target = self._named(index, field.type)
            below = [each.name.value for each in getattr(target, "fields", None) or ()]
            return f'@provides(fields: "{self._random.choice(below or ["id"])}")'
        return self._random.choice(_FIELD_DIRECTIVES)

    def _named(self, index: int, type_node: Node) -> Node | None:
        name = print_ast(type_node).strip("[]!")
        return next((n for i, n in self._types() if i == index and n.name.value == name), None)

    def _type_directive(self, node: Node) -> str:
        fields = [each.name.value for each in getattr(node, "fields", None) or ()]
        if self._random.random() < 0.3 and fields:
            resolvable = self._random.choice(("", "", ", resolvable: false"))
            return f'@key(fields: "{self._random.choice(fields)}"{resolvable})'
        return self._random.choice(_TYPE_DIRECTIVES)

    def _import(self, index: int, text: str) -> None:
        """Import a directive where the document links federation and imports names at all."""
        name = text.partition("(")[0]
        for node in _definitions(self._nodes[index]):
            if not isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
                continue
            for directive in node.directives or ():
                link = print_ast(directive)
                if "specs.apollo.dev/federation/" not in link or f'"{name}"' in link:
                    continue
                for argument in directive.arguments or ():
                    if argument.name.value == "import":
                        listed: Node = argument.value
                        values = (*listed.values, parse_const_value(f'"{name}"'))
                        _set(listed, values=values)

    def _enum_values(self) -> Iterator[tuple[int, str, Node]]:
        for index, node in self._types(EnumTypeDefinitionNode):
            for value in node.values or ():
                yield index, f"{node.name.value}.{value.name.value}", value

    def drop_directive(self) -> str:
        """An applied directive goes."""
        applied = [
            (index, node)
            for index, node in self._elements()
            if any(True for _ in node.directives or ())
        ]
        found = self._pick(applied)
        if found is None:
            return ""
        index, node = found
        gone = self._drop_one(node, "directives")
        return f"{self._name(index)} {node.name.value} loses {print_ast(gone)}"

    def _elements(self) -> Iterator[tuple[int, Node]]:
        for index, node in self._types():
            yield index, node
        for index, _, field in self._fields():
            yield index, field
        for index, _, node in (*self._inputs(), *self._enum_values()):
            yield index, node

    def drop_member(self) -> str:
        """A field, value, member or interface goes."""
        found = self._pick(self._types())
        if found is None:
            return ""
        index, node = found
        attributes = [
            name
            for name, least in (("fields", 2), ("values", 1), ("types", 1), ("interfaces", 1))
            if len(getattr(node, name, None) or ()) >= least
        ]
        if not attributes:
            return ""
        gone = self._drop_one(node, self._random.choice(attributes))
        return f"{self._name(index)} {node.name.value} loses {print_ast(gone)}"

    def drop_argument(self) -> str:
        """A field loses an argument."""
        found = self._pick([each for each in self._output_fields() if each[2].arguments])
        if found is None:
            return ""
        index, owner, field = found
        gone = self._drop_one(field, "arguments")
        return f"{self._name(index)} {owner.name.value}.{field.name.value} loses {print_ast(gone)}"

    def add_argument(self) -> str:
        """A field gets an argument."""
        found = self._pick(self._output_fields())
        if found is None:
            return ""
        index, owner, field = found
        text = self._random.choice(
            ("extra: Int", "extra: Int!", "extra: Int = 1", "extra: Int! = 1")
        )
        argument = _field_of(f"f({text}): Int").arguments[0]
        _set(field, arguments=(*(field.arguments or ()), argument))
        return f"{self._name(index)} {owner.name.value}.{field.name.value} gets {text}"

    def add_field(self) -> str:
        """An object, interface or input gets a field, be it one that another subgraph has."""
        found = self._pick(self._types(ObjectTypeDefinitionNode, InterfaceTypeDefinitionNode))
        if found is None:
            return ""
        index, node = found
        others = [f for _, o, f in self._output_fields() if o.name.value == node.name.value]
        own = {each.name.value for each in node.fields or ()}
        others = [each for each in others if each.name.value not in own]
        field = (
            deepcopy(self._random.choice(others))
            if others and self._random.random() < 0.7
            else _field_of(self._random.choice(("added: Int", "added: String @shareable")))
        )
        _set(node, fields=(*(node.fields or ()), field))
        return f"{self._name(index)} {node.name.value} gets {print_ast(field)}"

    def add_value(self) -> str:
        """An enum gets a value, an input a field, a union a member."""
        found = self._pick(
            self._types(
                EnumTypeDefinitionNode, InputObjectTypeDefinitionNode, UnionTypeDefinitionNode
            )
        )
        if found is None:
            return ""
        index, node = found
        if isinstance(node, EnumTypeDefinitionNode):
            value = EnumValueDefinitionNode(name=NameNode(value="ADDED"), directives=())
            _set(node, values=(*(node.values or ()), value))
        elif isinstance(node, InputObjectTypeDefinitionNode):
            text = self._random.choice(("extra: Int", "extra: Int!", "extra: Int = 1"))
            _set(node, fields=(*(node.fields or ()), _field_of(f"f({text}): Int").arguments[0]))
        else:
            names = [o.name.value for i, o in self._types(ObjectTypeDefinitionNode) if i == index]
            present = {each.name.value for each in node.types or ()}
            names = [each for each in names if each not in present]
            if not names:
                return ""
            member = NamedTypeNode(name=NameNode(value=self._random.choice(names)))
            _set(node, types=(*(node.types or ()), member))
        return f"{self._name(index)} {node.name.value} grows"

    def change_default(self) -> str:
        """An input gets, changes or loses its default value."""
        inputs = [e for e in self._inputs() if print_ast(e[2].type).strip("!") in _DEFAULTS]
        found = self._pick(inputs)
        if found is None:
            return ""
        index, name, node = found
        choices = _DEFAULTS[print_ast(node.type).strip("!")]
        if node.default_value is not None and self._random.random() < 0.4:
            _set(node, default_value=None)
            return f"{self._name(index)} {name} loses its default"
        _set(node, default_value=parse_const_value(self._random.choice(choices)))
        return f"{self._name(index)} {name} = {print_ast(node.default_value)}"

    def rename(self) -> str:
        """A field, or a type with all references, is called otherwise in one subgraph."""
        found = self._pick(self._output_fields())
        if found is None:
            return ""
        index, owner, field = found
        before = field.name.value
        _set(field, name=NameNode(value=f"{before}X"))
        return f"{self._name(index)} {owner.name.value}.{before} is renamed"

    def drop_type(self) -> str:
        """A definition goes."""
        found = self._pick(self._types())
        if found is None:
            return ""
        index, node = found
        document = self._nodes[index]
        if len(document.definitions) < 3:
            return ""
        _set(document, definitions=tuple(each for each in document.definitions if each is not node))
        return f"{self._name(index)} loses {node.name.value}"

    def copy_type(self) -> str:
        """A definition is repeated in another subgraph that lacks the type."""
        found = self._pick(self._types())
        if found is None or len(self._nodes) < 2:
            return ""
        index, node = found
        other = self._random.choice([each for each in range(len(self._nodes)) if each != index])
        names = {each.name.value for at, each in self._types() if at == other}
        if node.name.value in names:
            return ""
        document = self._nodes[other]
        _set(document, definitions=(*document.definitions, deepcopy(node)))
        return f"{self._name(other)} gets {node.name.value}"

    def make_extension(self) -> str:
        """An object's definition becomes an extension."""
        found = self._pick(self._types(ObjectTypeDefinitionNode))
        if found is None:
            return ""
        index, node = found
        extension = ObjectTypeExtensionNode(
            name=node.name,
            interfaces=node.interfaces,
            directives=node.directives,
            fields=node.fields,
        )
        document = self._nodes[index]
        kept = tuple(extension if each is node else each for each in document.definitions)
        _set(document, definitions=kept)
        return f"{self._name(index)} extends {node.name.value}"

    def implement(self) -> str:
        """An object implements an interface of its subgraph, with the fields that it lacks."""
        found = self._pick(self._types(InterfaceTypeDefinitionNode))
        if found is None:
            return ""
        index, interface = found
        name = interface.name.value
        objects = [
            each
            for at, each in self._types(ObjectTypeDefinitionNode)
            if at == index and name not in {one.name.value for one in each.interfaces or ()}
        ]
        node = self._pick(objects)
        if node is None or interface.interfaces:
            return ""
        own = {each.name.value for each in node.fields or ()}
        lacking = [deepcopy(f) for f in interface.fields or () if f.name.value not in own]
        _set(node, interfaces=(*(node.interfaces or ()), NamedTypeNode(name=NameNode(value=name))))
        _set(node, fields=(*(node.fields or ()), *lacking))
        return f"{self._name(index)} {node.name.value} implements {name}"

    def drop_subgraph(self) -> str:
        """A subgraph goes."""
        if len(self._nodes) < 2:
            return ""
        index = self._random.randrange(len(self._nodes))
        name = self._name(index)
        del self._nodes[index], self._documents[index]
        return f"{name} goes"


_CHANGES: Final[tuple[Callable[[Mutator], str], ...]] = (
    *(Mutator.change_type,) * 3,
    *(Mutator.add_directive,) * 6,
    *(Mutator.drop_directive,) * 4,
    *(Mutator.drop_member,) * 3,
    *(Mutator.add_field,) * 3,
    Mutator.drop_argument,
    Mutator.add_argument,
    *(Mutator.add_value,) * 2,
    *(Mutator.change_default,) * 2,
    Mutator.rename,
    Mutator.drop_type,
    Mutator.copy_type,
    Mutator.make_extension,
    Mutator.implement,
    Mutator.drop_subgraph,
)


def _set(node: Node, **values: Any) -> None:
    """Change a node; they are frozen, and these are copies of our own."""
    for name, value in values.items():
        object.__setattr__(node, name, value)


def _name(node: Node) -> str:
    return str(node.name.value)


def _definitions(document: DocumentNode) -> tuple[Node, ...]:
    return tuple(document.definitions)


def _directive(text: str) -> Node:
    field = _field_of(f"f: Int {text}")
    return field.directives[0]


def _field_of(text: str) -> Any:
    return parse(f"type T {{ {text} }}").definitions[0].fields[0]  # type: ignore[attr-defined]
