"""Normalised selections: what is asked of an object, as hashable values with one canonical text.

Argument values are kept as canonical GraphQL literals, not as Python objects: ``1``, ``1.0`` and
``true`` are three different texts, while Python holds them equal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace


class Argument(Struct, frozen=True, gc=False):
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


class Deferral(Struct, frozen=True, order=True, gc=False):
    """A fragment with ``@defer``, or the items of a list with ``@stream``.

    Attributes:
        number: Tells those of one operation apart; greater than that of any other around it. Zero
            stands for none.
        label: As the client named it.
        depth: Response keys from the root to the object in which the fragment stands, or to the
            items of the list.
        is_stream: Whether it is a list's items.
    """

    number: int = 0
    label: str | None = None
    depth: int = 0
    is_stream: bool = False


NOT_DEFERRED = Deferral()


class Condition(Struct, frozen=True, order=True, gc=False):
    """What decides at run time whether, or when, a selection is in the response.

    Either one ``@include`` (or, negated, ``@skip``) whose variable is known only then, or a
    deferral: what stands under it may come in a later part of the response. A deferral has no
    variable when it holds always.
    """

    variable: str
    negated: bool = False
    deferral: Deferral = NOT_DEFERRED

    def __str__(self) -> str:
        if self.deferral.number:
            return f"@{_incremental(self)}"
        return f"@{'skip' if self.negated else 'include'}(if: ${self.variable})"


class Stream(Struct, frozen=True, gc=False):
    """The ``@stream`` of a list field.

    Attributes:
        condition: A deferral, under which the later items stand.
        initial_count: How many items come at once: a whole number, or a variable with its dollar.
    """

    condition: Condition
    initial_count: str

    def __str__(self) -> str:
        return f"@{_incremental(self.condition, f'initialCount: {self.initial_count}')}"


def _incremental(condition: Condition, *arguments: str) -> str:
    deferral = condition.deferral
    given = [*arguments]
    if condition.variable:
        given.append(f"if: ${condition.variable}")
    if deferral.label is not None:
        given.append(f"label: {json.dumps(deferral.label, ensure_ascii=False)}")
    name = "stream" if deferral.is_stream else "defer"
    return f"{name}({', '.join(given)})" if given else name


class Field(Struct, frozen=True, gc=False):
    """A selected field.

    Attributes:
        name: As in the schema; ``__typename`` included.
        alias: The response key where it differs from the name.
        arguments: In schema-independent, sorted order, so that equal fields are equal values.
        selections: Empty for leaves.
        conditions: All must hold; sorted, without repetition.
        stream: Of a list, how its items are delivered.
    """

    name: str
    alias: str | None = None
    arguments: tuple[Argument, ...] = ()
    selections: SelectionSet = ()
    conditions: tuple[Condition, ...] = ()
    stream: Stream | None = None

    @property
    def response_key(self) -> str:
        """The alias, or else the name."""
        return self.alias or self.name

    def __str__(self) -> str:
        return print_selection(self)


class InlineFragment(Struct, frozen=True, gc=False):
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
    if not selection.conditions:
        return _print(selection, "")
    *outer, own = _directives(selection.conditions)
    text = _print(selection, own)
    for directives in outer:
        text = f"...{directives} {{ {text} }}"
    return text


def _print(selection: Selection, directives: str) -> str:
    body = f" {print_selection_set(selection.selections)}" if selection.selections else ""
    if isinstance(selection, InlineFragment):
        on = f" on {selection.type_condition}" if selection.type_condition else ""
        return f"...{on}{directives}{body}"
    text = f"{selection.alias}: {selection.name}" if selection.alias else selection.name
    if selection.arguments:
        text += f"({', '.join(map(str, selection.arguments))})"
    if selection.stream:
        directives += f" {selection.stream}"
    return f"{text}{directives}{body}"


def _directives(conditions: tuple[Condition, ...]) -> list[str]:
    """Texts of directives for one selection and, before it, for as many fragments around it.

    GraphQL takes ``@skip`` and ``@include`` once each at one place, ``@defer`` on fragments only.
    """
    decided = without_deferrals(conditions)
    skips = [each for each in decided if each.negated]
    includes = [each for each in decided if not each.negated]
    layers = zip_longest(includes, skips)
    texts = ["".join(f" {each}" for each in layer if each) for layer in layers] or [""]
    around = [f" {each}" for each in reversed(deferrals_of(conditions))]
    return [*texts[:0:-1], *around, texts[0]]


def without_deferrals(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Those conditions that decide whether, not when."""
    return tuple(each for each in conditions if not each.deferral.number) if conditions else ()


def deferrals_of(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Those conditions that are deferrals, the outermost first."""
    if not conditions:
        return ()
    found = {each for each in conditions if each.deferral.number}
    return tuple(sorted(found, key=lambda each: each.deferral.number)) if found else ()


def print_selection_set(selections: SelectionSet) -> str:
    """A selection set in compact GraphQL, on one line, braces included."""
    return "{ " + " ".join(map(print_selection, selections)) + " }"


def every_selection(selections: SelectionSet) -> Iterator[Selection]:
    """The selections of a set and of all sets within it, what is around before what is within."""
    found = list(selections)
    for selection in found:
        yield selection
        found += selection.selections


def variables_of(selections: SelectionSet) -> set[str]:
    """Names of the variables used in arguments and conditions, at every depth."""
    names: set[str] = set()
    for selection in every_selection(selections):
        for condition in selection.conditions:
            if condition.variable:
                names.add(condition.variable)
        if isinstance(selection, Field):
            for argument in selection.arguments:
                names.update(argument.variables)
            if selection.stream:
                names.update(_stream_variables(selection.stream))
    return names


def plainly(selection: Selection) -> Selection:
    """The selection without deferrals, at every depth."""
    inner = tuple(map(plainly, selection.selections))
    conditions = without_deferrals(selection.conditions)
    if isinstance(selection, InlineFragment):
        return InlineFragment(selection.type_condition, inner, conditions)
    return replace(selection, selections=inner, conditions=conditions, stream=None)


def _stream_variables(stream: Stream) -> Iterator[str]:
    if stream.condition.variable:
        yield stream.condition.variable
    if stream.initial_count.startswith("$"):
        yield stream.initial_count[1:]


def merge_selections(selections: SelectionSet) -> SelectionSet:
    """The same selections with equal fields and equal fragments united, in order of first use.

    Fields unite when all but their sub-selections is equal; fragments when type condition and
    conditions are. Their sub-selections are united in turn.
    """
    merged: dict[object, Selection] = {}
    for selection in selections:
        identity: object
        if isinstance(selection, Field):
            identity = replace(selection, selections=()) if selection.selections else selection
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
