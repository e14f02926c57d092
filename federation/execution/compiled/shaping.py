"""Generated form of ``shape``: the response of a tree in which everything is as its type says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from graphql import GraphQLSchema, is_abstract_type, is_object_type

from federation.execution.compiled.source import Source, Unexpected
from federation.execution.leaves import HIDDEN, INVALID, Complete
from federation.execution.model import ExecutionRequest
from federation.execution.selected import Entry, Place, TypeRef
from federation.execution.tree import Object
from federation.planning.plan import OperationPlan

Shape: TypeAlias = Callable[[Object], Object]

# Variants of a leaf whose value passes as it is, by type; anything else goes the long way.
_PLAIN = {
    "String": "type({0}) is str",
    "ID": "type({0}) is str",
    "Boolean": "type({0}) is bool",
    "Int": "type({0}) is int and -2147483648 <= {0} <= 2147483647",
}


def write_shape(plan: OperationPlan, schema: GraphQLSchema, source: Source) -> str:
    """Write the shaping function of a plan without conditions; the answer is its name."""
    place = Place((), plan.output, ExecutionRequest(), schema)
    return _Writer(plan, schema, source).fields(place, plan.root_type)


class _Writer:
    def __init__(self, plan: OperationPlan, schema: GraphQLSchema, source: Source) -> None:
        self._schema = schema
        self._source = source
        roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
        self._roots = {root.name for root in roots if root is not None} | {plan.root_type}

    def fields(self, place: Place, runtime: str, checks: tuple[str, ...] = ()) -> str:
        """A function from an object of the tree to one of the response."""
        body: list[str] = []
        shown: list[str] = []
        for entry in place.entries(runtime):
            if entry.name == "__typename":
                shown.append(f"{entry.key!r}: {runtime!r}")
                continue
            name = self._source.fresh("v")
            shown.append(f"{entry.key!r}: {name}")
            body.append(f"{name} = get({entry.source!r})")
            body.extend(self._check(name, entry.type, entry))
        function = self._source.fresh("f")
        self._source.add(
            f"def {function}(o):",
            "    if type(o) is not dict: raise Unexpected",
            "    get = o.get",
            *(f"    {line}" for line in (*checks, *body)),
            f"    return {{{', '.join(shown)}}}",
        )
        return function

    def _check(self, name: str, type_ref: TypeRef, entry: Entry) -> list[str]:
        """Statements that turn the value of a variable into that of the response."""
        if type_ref.item is None and entry.inner is None and type_ref.name in _PLAIN:
            test = f"not ({_PLAIN[type_ref.name].format(name)})"
            absent = "" if type_ref.non_null else f"{name} is not None and "
            return [f"if {absent}{test}: {name} = {self._leaf(entry)}({name})"]
        completed = f"{self._value(type_ref, entry)}({name})"
        if type_ref.non_null:
            return [f"if {name} is None: raise Unexpected", f"{name} = {completed}"]
        return [f"if {name} is not None: {name} = {completed}"]

    def _value(self, type_ref: TypeRef, entry: Entry) -> str:
        """A function that completes a value other than null."""
        if type_ref.item is not None:
            return self._list(type_ref.item, entry)
        if entry.inner is not None:
            return self._object(type_ref.name, entry.inner)
        return self._leaf(entry)

    def _list(self, item: TypeRef, entry: Entry) -> str:
        of_item = self._value(item, entry)
        each = f"{of_item}(x)" if item.non_null else f"None if x is None else {of_item}(x)"
        function = self._source.fresh("l")
        self._source.add(
            f"def {function}(values):",
            "    if type(values) is not list: raise Unexpected",
            f"    return [{each} for x in values]",
        )
        return function

    def _object(self, declared: str, inner: Place) -> str:
        named = self._schema.type_map[declared]
        if is_object_type(named):
            # Subgraphs may call their root types what they like.
            if declared in self._roots:
                return self.fields(inner, declared)
            check = f"if get('__typename') not in (None, {declared!r}): raise Unexpected"
            return self.fields(inner, declared, (check,))
        assert is_abstract_type(named), "what has selections is an object or abstract"
        possible = [each.name for each in self._schema.get_possible_types(named)]
        shapes = ", ".join(f"{name!r}: {self.fields(inner, name)}" for name in possible)
        table, function = self._source.fresh("t"), self._source.fresh("a")
        self._source.add(
            f"{table} = {{{shapes}}}",
            f"def {function}(o):",
            "    if type(o) is not dict: raise Unexpected",
            "    name = o.get('__typename')",
            f"    if type(name) is not str or name not in {table}: raise Unexpected",
            f"    return {table}[name](o)",
        )
        return function

    def _leaf(self, entry: Entry) -> str:
        assert entry.complete is not None, "what has no selections is a leaf"
        return self._source.constant(_or_unexpected(entry.complete))


def _or_unexpected(complete: Complete) -> Complete:
    def completed(value: Any) -> Any:
        # A non-null place may be asked without a look at its value.
        found = INVALID if value is None else complete(value)
        if found is INVALID or found is HIDDEN:
            raise Unexpected
        return found

    return completed
