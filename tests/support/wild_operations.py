"""Random documents that are valid or nearly so: every rule of validation is broken now and then."""

from random import Random

from graphql import (
    GraphQLCompositeType,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLOutputType,
    build_schema,
    get_named_type,
    is_composite_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from tests.support.operations import DIRECTIVES

WILD_SCHEMA = build_schema(
    DIRECTIVES
    + """
    scalar Any
    enum Colour { RED GREEN }
    input Near { x: Int! = 1, colour: Colour, also: [Near!], tags: [String] }
    input Either @oneOf { a: Int, b: String }
    interface Being { name(first: Int): String! friend: Being kin(near: Near): [Being] size: Int }
    interface Winged implements Being {
      name(first: Int): String! friend: Being kin(near: Near): [Being] size: Int span: Int
    }
    type Bird implements Being & Winged {
      name(first: Int): String! friend: Bird kin(near: Near): [Being] size: Int span: Int
      sings(at: [Int!], loud: Boolean! = true): String
    }
    type Bat implements Being & Winged {
      name(first: Int): String! friend: Being kin(near: Near): [Being] size: Int span: Int
      sings(at: [Int!]): String! sees(what: Any, either: Either): Colour
    }
    type Fish implements Being {
      name(first: Int): String! friend: Fish kin(near: Near): [Being] size: Int
      span: String! depth(id: ID!): Float
    }
    union Pet = Bird | Fish
    type Query { pet: Pet bird: Bird being(id: ID): Being beings: [Being] winged: Winged }
    type Mutation { rename(name: String!): Being }
    type Subscription { born: Being died: Being }
    """
)


class WildWriter:
    """Writes one document; ``faults`` is the chance of a fault wherever there can be one."""

    def __init__(self, random: Random, faults: float = 0.01) -> None:
        self._random = random
        self._faults = faults
        self._fragments: dict[str, tuple[str, str]] = {}
        self._variables: dict[str, str] = {}

    def document(self) -> str:
        kind = self._pick(["query"] * 12 + ["mutation", "subscription"])
        root = WILD_SCHEMA.type_map[kind.capitalize()]
        assert isinstance(root, GraphQLObjectType)
        body = self._selection_set(root, 3)
        declared = " ".join(self._declaration(*each) for each in self._variables.items())
        if self._fails():
            declared += " $unused: Int"
        head = f"{kind} Q{f'({declared})' if declared else ''}"
        texts = [f"{head} {body}"]
        if self._fails():
            texts.append(self._pick(["{ bird { name } }", "query Q { bird { size } }"]))
        if self._fails():
            texts.append("fragment Unused on Bird { name }")
        texts += (f"fragment {name} on {on} {text}" for name, (on, text) in self._fragments.items())
        self._random.shuffle(texts)
        return "\n".join(texts)

    def _pick(self, options: list[str]) -> str:
        return self._random.choice(options)

    def _fails(self) -> bool:
        return self._random.random() < self._faults

    def _declaration(self, name: str, type_text: str) -> str:
        default = ""
        if self._random.random() < 0.2:
            type_text = type_text.rstrip("!")
            default = " = null" if self._fails() else f" = {self._default(type_text)}"
        if self._fails():
            type_text = self._pick(["Int", "Bird", "Nothing", "[String]", "Near"])
        return f"${name}: {type_text}{default}"

    def _default(self, type_text: str) -> str:
        plain = type_text.strip("[]!")
        return {
            "Int": "3", "Boolean": "true", "Colour": "RED", "Near": "{x: 2}", "ID": '"i"',
        }.get(plain, '"text"')  # fmt: skip

    def _selection_set(self, parent: GraphQLCompositeType, depth: int) -> str:
        count = self._random.randint(1, 3)
        return "{ " + " ".join(self._selection(parent, depth) for _ in range(count)) + " }"

    def _selection(self, parent: GraphQLCompositeType, depth: int) -> str:
        if depth > 0 and self._random.random() < 0.4:
            return self._fragment(parent, depth)
        fields = getattr(parent, "fields", {})
        names = [n for n, f in fields.items() if depth > 0 or not _composite(f.type)]
        if not names or self._random.random() < 0.08:
            return "__typename"
        name = self._pick(["nothing"] if self._fails() else names)
        if self._fails():
            name = "__schema"
        definition = fields.get(name)
        if definition is None:
            return f"{name} {{ x }}" if self._fails() else name
        # Few keys for many fields, so that they meet.
        alias = self._pick([*[""] * 10, "k: ", f"{parent.name}_{name}: "])
        arguments = [
            f"{each}: {self._value(argument.type, 2)}"
            for each, argument in definition.args.items()
            if (is_non_null_type(argument.type) or self._random.random() < 0.3)
            and not self._fails()
        ]
        if self._fails():
            arguments += [*arguments[:1], "unknown: 1"]
        given = f"({' '.join(arguments)})" if arguments else ""
        head = f"{alias}{name}{given}{self._directives('stream')}"
        if _composite(definition.type) == self._fails():
            return head
        named = get_named_type(definition.type)
        below = named if is_composite_type(named) else WILD_SCHEMA.query_type
        assert below is not None
        return f"{head} {self._selection_set(below, depth - 1)}"

    def _fragment(self, parent: GraphQLCompositeType, depth: int) -> str:
        target = self._target(parent)
        if self._fragments and self._random.random() < 0.3:
            name = self._pick([*self._fragments])
            if WILD_SCHEMA.type_map[self._fragments[name][0]] is parent:
                # It may be written still, which makes a cycle.
                return f"...{name}" if self._fragments[name][1] or self._fails() else "__typename"
        if self._random.random() < 0.4:
            name = f"F{len(self._fragments)}"
            self._fragments[name] = (target.name, "")
            body = self._selection_set(target, depth - 1)
            self._fragments[name] = ("Int" if self._fails() else target.name, body)
            used = "Missing" if self._fails() else name
            return f"...{used}{self._directives('defer')}"
        on = "" if target is parent and self._random.random() < 0.5 else f" on {target.name}"
        body = self._selection_set(target, depth - 1)
        return f"...{on}{self._directives('defer')} {body}"

    def _target(self, parent: GraphQLCompositeType) -> GraphQLCompositeType:
        everything = [
            each
            for each in WILD_SCHEMA.type_map.values()
            if is_composite_type(each) and not each.name.startswith("__")
        ]
        if self._fails():
            return self._random.choice(everything)
        possible = _possible(parent)
        return self._random.choice([each for each in everything if _possible(each) & possible])

    def _directives(self, incremental: str) -> str:
        if self._random.random() < 0.85:
            return ""
        name = self._pick(["skip", "include"])
        condition = self._pick(["true", "false", self._variable("Boolean!")])
        text = f" @{name}(if: {condition})"
        if self._fails():
            text += self._pick([text, " @unknown", " @skip", f" @{incremental}", " @skip(if: 1)"])
        return text

    def _variable(self, type_text: str) -> str:
        name = type_text.translate({ord("["): "l", ord("]"): "", ord("!"): "n"})
        self._variables.setdefault(name, type_text)
        return "$undefined" if self._fails() else f"${name}"

    def _value(self, expected: GraphQLInputType, depth: int) -> str:
        if self._random.random() < 0.3:
            return self._variable(str(expected))
        if self._fails():
            return self._pick(["null", "1", '"a"', "1.5", "[1]", "{x: 1}", "{x: 1, x: 2}", "BLUE"])
        if is_non_null_type(expected):
            return self._value(expected.of_type, depth)
        if is_list_type(expected):
            items = [
                self._value(expected.of_type, depth - 1)
                for _ in range(self._random.choice([0, 1, 2]))
            ]
            return (
                items[0]
                if len(items) == 1 and self._random.random() < 0.5
                else f"[{' '.join(items)}]"
            )
        named = get_named_type(expected)
        if is_input_object_type(named):
            given = [
                f"{name}: {self._value(each.type, depth - 1)}"
                for name, each in named.fields.items()
                if self._random.random() < (0.5 if depth > 0 else 0)
            ]
            return f"{{{', '.join(given)}}}"
        return {
            "Int": self._pick(["1", "2"]),
            "Float": self._pick(["1", "1.0"]),
            "String": self._pick(['"a"', '"""a"""', '"b"']),
            "Boolean": "true",
            "ID": self._pick(["1", '"1"']),
            "Colour": self._pick(["RED", "GREEN"]),
        }.get(named.name, self._pick(["1", "{a: 1}", "[$Int]"]))


def _composite(type_: GraphQLOutputType) -> bool:
    return is_composite_type(get_named_type(type_))


def _possible(named: GraphQLCompositeType) -> set[str]:
    if is_object_type(named):
        return {named.name}
    return {each.name for each in WILD_SCHEMA.get_possible_types(named)}  # type: ignore[arg-type]
