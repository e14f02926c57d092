"""Random operations over a schema: aliases, fragments of every kind, conditions, repeated keys."""

import re
from random import Random

from graphql import (
    GraphQLCompositeType,
    GraphQLField,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_object_type,
)

CONDITIONS = ("yes", "no")
DIRECTIVES = """
directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @stream(if: Boolean! = true, label: String, initialCount: Int! = 0) on FIELD
"""


class OperationWriter:
    """Writes operation texts; fields take no required arguments.

    Aliases are prefixed names, so that most texts merge; callers validate and skip the rest.
    """

    def __init__(self, schema: GraphQLSchema, random: Random, depth: int = 3) -> None:
        self._schema = schema
        self._random = random
        self._depth = depth
        self._fragments: list[str] = []

    def query(self) -> str:
        root = self._schema.query_type
        assert root is not None
        body = self._selection_set(root, self._depth)
        used = body + " ".join(self._fragments)
        declared = [f"${name}: Boolean!" for name in CONDITIONS if f"${name}" in used]
        variables = f"({', '.join(declared)})" if declared else ""
        return f"query Random{variables} {body} {' '.join(self._fragments)}"

    def _selection_set(self, parent: GraphQLCompositeType, depth: int) -> str:
        count = self._random.randint(1, 4)
        return "{ " + " ".join(self._selection(parent, depth) for _ in range(count)) + " }"

    def _selection(self, parent: GraphQLCompositeType, depth: int) -> str:
        if depth > 0 and self._random.random() < 0.35:
            return self._fragment(parent, depth)
        fields = getattr(parent, "fields", {})
        names = [n for n, f in fields.items() if depth > 0 or not _composite(f)]
        if not names or self._random.random() < 0.1:
            return f"__typename{self._condition()}"
        name = self._random.choice(names)
        named = get_named_type(fields[name].type)
        alias = self._random.choice(["", "", f"a_{name}: ", f"b_{name}: "])
        directives = self._condition() + self._on_field(str(fields[name].type))
        if not is_composite_type(named):
            return f"{alias}{name}{directives}"
        return f"{alias}{name}{directives} {self._selection_set(named, depth - 1)}"

    def _fragment(self, parent: GraphQLCompositeType, depth: int) -> str:
        target = self._random.choice(self._overlapping(parent))
        body = self._selection_set(target, depth - 1)
        if self._random.random() < 0.4:
            name = f"F{len(self._fragments)}"
            self._fragments.append("")
            self._fragments[int(name[1:])] = f"fragment {name} on {target.name} {body}"
            return f"...{name}{self._condition()}{self._on_fragment()}"
        on = "" if target is parent and self._random.random() < 0.5 else f" on {target.name}"
        return f"...{on}{self._condition()}{self._on_fragment()} {body}"

    def _on_fragment(self) -> str:
        """Further directives of a fragment, for writers of more than this one."""
        return ""

    def _on_field(self, _type_text: str) -> str:
        """Further directives of a field of that type."""
        return ""

    def _overlapping(self, parent: GraphQLCompositeType) -> list[GraphQLCompositeType]:
        possible = self._possible(parent)
        return [
            named
            for named in self._schema.type_map.values()
            if is_composite_type(named)
            and not named.name.startswith("__")
            and self._possible(named) & possible
        ]

    def _possible(self, named: GraphQLCompositeType) -> set[str]:
        if is_abstract_type(named):
            return {each.name for each in self._schema.get_possible_types(named)}
        assert is_object_type(named)
        return {named.name}

    def _condition(self) -> str:
        directive, value = self._random.choice(["skip", "include"]), self._random.random()
        if value < 0.8:
            return ""
        shown = self._random.choice(["true", "false", *(f"${name}" for name in CONDITIONS)])
        return f" @{directive}(if: {shown})"


class DeferringWriter(OperationWriter):
    """Writes operations with ``@defer`` on fragments and ``@stream`` on lists here and there."""

    labels = 0

    def _deferral(self, name: str, *arguments: str) -> str:
        given = list(arguments)
        chance = self._random.random()
        if chance < 0.25:
            given.append(f"if: {self._random.choice(['$yes', '$no', 'true', 'false'])}")
        if chance < 0.6:
            self.labels += 1
            given.append(f'label: "l{self.labels}"')
        return f" @{name}({', '.join(given)})" if given else f" @{name}"

    def _on_fragment(self) -> str:
        return self._deferral("defer") if self._random.random() < 0.6 else ""

    def _on_field(self, type_text: str) -> str:
        if "[" not in type_text or self._random.random() > 0.4:
            return ""
        return self._deferral("stream", f"initialCount: {self._random.randint(0, 2)}")


def without_deferrals(text: str) -> str:
    """The same operation, to be answered at once."""
    return re.sub(r" @(defer|stream)(\([^)]*\))?", "", text)


def _composite(field: GraphQLField) -> bool:
    return is_composite_type(get_named_type(field.type))
