"""Normalised selections: what is asked of an object, as hashable values with one canonical text.

Argument values are kept as canonical GraphQL literals, not as Python objects: ``1``, ``1.0`` and
``true`` are three different texts, while Python holds them equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument with its value as canonical literal text.

    Attributes:
        name: As in the schema.
        value: GraphQL literal; may hold variables, as in ``{first: $n}``.
        variables: Names of the variables inside ``value``, in order of appearance.
    """

    name: str
    value: str
    variables: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """One ``@include`` (or, negated, ``@skip``) whose variable is known only at run time."""

    variable: str
    negated: bool = False

    def __str__(self) -> str:
        return f"@{'skip' if self.negated else 'include'}(if: ${self.variable})"


@dataclass(frozen=True, slots=True)
class Field:
    """A selected field.

    Attributes:
        name: As in the schema; ``__typename`` included.
        alias: The response key where it differs from the name.
        arguments: In schema-independent, sorted order, so that equal fields are equal values.
        selections: Empty for leaves.
        conditions: All must hold; sorted, without repetition.
    """

    name: str
    alias: str | None = None
    arguments: tuple[Argument, ...] = ()
    selections: SelectionSet = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def response_key(self) -> str:
        """The alias, or else the name."""
        return self.alias or self.name

    def __str__(self) -> str:
        return print_selection(self)


@dataclass(frozen=True, slots=True)
class InlineFragment:
    """Selections that hold for one type only, or under conditions only.

    Attributes:
        type_condition: None keeps the enclosing type (a fragment that carries only conditions).
    """

    type_condition: str | None
    selections: SelectionSet
    conditions: tuple[Condition, ...] = ()

    def __str__(self) -> str:
        return print_selection(self)


Selection: TypeAlias = Field | InlineFragment
SelectionSet: TypeAlias = tuple[Selection, ...]

TYPENAME = Field("__typename")


def print_selection(selection: Selection) -> str:
    """One selection in compact GraphQL, on one line."""
    *outer, conditions = _directives(selection.conditions) if selection.conditions else ("",)
    body = print_selection_set(selection.selections) if selection.selections else ""
    if isinstance(selection, InlineFragment):
        on = f" on {selection.type_condition}" if selection.type_condition else ""
        text = f"...{on}{conditions} {body}"
    else:
        alias = f"{selection.alias}: " if selection.alias else ""
        arguments = f"({', '.join(map(str, selection.arguments))})" if selection.arguments else ""
        text = f"{alias}{selection.name}{arguments}{conditions}{' ' + body if body else ''}"
    for directives in outer:
        text = f"...{directives} {{ {text} }}"
    return text


def _directives(conditions: tuple[Condition, ...]) -> list[str]:
    """Texts of directives for one selection and, before it, for as many fragments around it.

    GraphQL takes ``@skip`` and ``@include`` once each at one place.
    """
    skips = [each for each in conditions if each.negated]
    includes = [each for each in conditions if not each.negated]
    layers = zip_longest(includes, skips)
    texts = ["".join(f" {each}" for each in layer if each) for layer in layers]
    return texts[::-1]


def print_selection_set(selections: SelectionSet) -> str:
    """A selection set in compact GraphQL, on one line, braces included."""
    return "{ " + " ".join(map(print_selection, selections)) + " }"


def variables_of(selections: SelectionSet) -> Iterator[str]:
    """Names of the variables used in arguments and conditions, with repetitions."""
    for selection in selections:
        for condition in selection.conditions:
            yield condition.variable
        if isinstance(selection, Field):
            for argument in selection.arguments:
                yield from argument.variables
        yield from variables_of(selection.selections)


def merge_selections(selections: SelectionSet) -> SelectionSet:
    """The same selections with equal fields and equal fragments united, in order of first use.

    Fields unite when response key, name, arguments and conditions are equal; fragments when type
    condition and conditions are. Their sub-selections are united in turn.
    """
    merged: dict[object, Selection] = {}
    for selection in selections:
        identity: object
        if isinstance(selection, Field):
            identity = (selection.alias, selection.name, selection.arguments, selection.conditions)
        else:
            identity = (selection.type_condition, selection.conditions)
        known = merged.get(identity)
        merged[identity] = (
            selection
            if known is None
            else replace(known, selections=known.selections + selection.selections)
        )
    return tuple(
        replace(selection, selections=merge_selections(selection.selections))
        if selection.selections
        else selection
        for selection in merged.values()
    )
