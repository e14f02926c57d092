"""What remains of an operation under a decision, and what is said about the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any

from msgspec import structs

from federation.access.decision import Decision
from federation.access.index import AccessIndex, FieldFacts
from federation.access.judge import Judge
from federation.access.named import NamedInputs, named_inputs
from federation.access.refusal import Denial, Place, refuse, unite
from federation.access.row_filter import NEVER, RowCondition, fulfils
from federation.errors import Forbidden, InvalidOperation, Refusal, ResponseError
from federation.operation import EMPTY
from federation.operation.model import Operation, VariableDefinition
from federation.selection import (
    Field,
    InlineFragment,
    Selection,
    SelectionSet,
    merge_selections,
    variables_of,
)
from federation.supergraph.model import named_type


class Mode(Enum):
    """What a refused selection does to its operation; mutations are always ``REFUSE``."""

    PRUNE = "prune"
    REFUSE = "refuse"


class Disclosure(Enum):
    """How much a caller learns of refused fields; ``HIDDEN`` answers as if they did not exist."""

    EXPLAIN = "explain"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Restriction:
    """An operation that holds only what its caller may read.

    Attributes:
        operation: Without the refused selections. Where nothing is left of a selection set it holds
            ``EMPTY``, so that the object itself is still asked for.
        refusals: One per refused selection, in document order.
        masks: Object type and field to the name of a mask.
        small_counts: Counts of rows of which the caller may see none, by object type and field:
            they are shown from a minimum on.
        row_filters: Type to condition, to be bound by every subgraph that holds its fields. The
            operation's ``row_tests`` name those that the gateway applies as well.
        unseen_rows: Types of whose rows the gateway shows none.
        revision: Of the decision.
        named: Inputs without a value, where it is a secret which there are; else None.
    """

    operation: Operation
    refusals: tuple[Refusal, ...]
    masks: Mapping[tuple[str, str], str]
    small_counts: frozenset[tuple[str, str]]
    row_filters: Mapping[str, RowCondition]
    revision: str
    unseen_rows: frozenset[str] = frozenset()
    named: NamedInputs | None = None


def restrict(
    operation: Operation,
    variables: Mapping[str, Any],
    decision: Decision,
    index: AccessIndex,
    mode: Mode = Mode.PRUNE,
    disclosure: Disclosure = Disclosure.EXPLAIN,
) -> Restriction:
    """The operation without what the decision denies.

    A field denied on only some object types of an abstract parent stays for the others. An
    allow-all decision gives the operation back unchanged.

    Args:
        operation: As it was asked.
        variables: Coerced, as they were when it was asked.
        decision: On that question.
        index: Of the schema the operation was validated against.
        mode: For queries.
        disclosure: Of refused fields.

    Raises:
        Forbidden: Something is refused in mode ``REFUSE``, or nothing of a subscription is left.
        InvalidOperation: Something is refused under disclosure ``HIDDEN``.
    """
    # What a mutation does to a row that its caller may not see, nobody could undo.
    tests_rows = index.tests_rows and operation.kind != "mutation"
    hides = disclosure is Disclosure.HIDDEN
    pruner = _Pruner(variables, decision, index, tests_rows=tests_rows, hides=hides)
    root = index.possible.get(operation.root_type, ())
    selections = pruner.prune(
        operation.selections, _Scope(operation.root_type, root, root), Place()
    )
    refusals = unite(pruner.refusals)
    if refusals:
        _raise_if_whole(operation, refusals, mode, disclosure)
    if selections is not operation.selections:
        operation = replace(operation, selections=selections)
        operation = replace(operation, variables=_used_variables(operation))
    tests = pruner.judge.row_tests | dict.fromkeys(pruner.judge.unseen_rows, ())
    if tests:
        operation = replace(operation, row_tests=tuple(sorted(tests.items())))
    return Restriction(
        operation=operation,
        refusals=refusals,
        masks=pruner.masks,
        small_counts=frozenset(pruner.small_counts),
        row_filters={
            name: condition
            for name, condition in decision.row_filters.items()
            if condition is not None
        },
        revision=decision.revision,
        unseen_rows=frozenset(pruner.judge.unseen_rows),
        named=named_inputs(operation, variables, index) if hides else None,
    )


def bind_row_tests(
    restriction: Restriction,
) -> dict[str, Callable[[Mapping[str, Any]], bool]]:
    """Whether a row may be shown, for each type whose rows the gateway filters itself."""
    conditions = {**restriction.row_filters, **dict.fromkeys(restriction.unseen_rows, NEVER)}
    return {name: partial(fulfils, conditions[name]) for name, _ in restriction.operation.row_tests}


def row_filters_json(row_filters: Mapping[str, RowCondition]) -> dict[str, Any]:
    """Row filters as the signed access context carries them."""
    return {name: condition.to_json() for name, condition in sorted(row_filters.items())}


@dataclass(frozen=True, slots=True)
class _Scope:
    """Types at one place: the static parent, all that can stand there, those still meant.

    Attributes:
        in_page: Lists in the object are parts of longer ones, see ``Judge.cuts``.
    """

    parent: str
    every: tuple[str, ...]
    met: tuple[str, ...]
    in_page: bool = False


class _Pruner:
    def __init__(
        self,
        variables: Mapping[str, Any],
        decision: Decision,
        index: AccessIndex,
        *,
        tests_rows: bool,
        hides: bool,
    ) -> None:
        self.index = index
        self.hides = hides
        self.judge = Judge(variables, decision, index, tests_rows=tests_rows)
        self.revision = decision.revision
        self.refusals: list[Refusal] = []
        self.keys: dict[tuple[str, ...], list[str]] = {}
        self.masks: dict[tuple[str, str], str] = {}
        self.small_counts: set[tuple[str, str]] = set()

    def prune(self, selections: SelectionSet, scope: _Scope, place: Place) -> SelectionSet:
        kept: list[Selection] = []
        keys = self.keys.setdefault(place.path, [])
        for selection in selections:
            if isinstance(selection, Field):
                kept.extend(self.field(selection, scope, place, keys))
                keys.append(selection.response_key)
            else:
                kept.extend(self.fragment(selection, scope, place))
        if tuple(kept) == selections:
            return selections
        return merge_selections(tuple(kept)) or (EMPTY,)

    def fragment(
        self, fragment: InlineFragment, scope: _Scope, place: Place
    ) -> tuple[InlineFragment, ...]:
        inner = scope
        if fragment.type_condition is not None:
            narrowed = self.index.possible.get(fragment.type_condition, ())
            met = tuple(name for name in scope.met if name in narrowed)
            if self.hides and met and all(map(self.judge.hides, met)):
                raise InvalidOperation((_unknown_type(fragment.type_condition),))
            inner = _Scope(fragment.type_condition, scope.every, met, scope.in_page)
        selections = self.prune(fragment.selections, inner, place.under(fragment.conditions))
        if selections == (EMPTY,) != fragment.selections:
            return ()
        return (structs.replace(fragment, selections=selections),)

    def field(
        self, field: Field, scope: _Scope, place: Place, earlier: list[str]
    ) -> tuple[Selection, ...]:
        """What is left of a field; ``earlier`` are the response keys before it."""
        known, denials, is_whole = self.judged(field, scope)
        if is_whole and not denials and (not known or not field.selections):
            return (field,)
        if not known:
            return ()
        type_text = self.type_of(scope.parent, field.name, known)
        here = place.child(field.response_key, type_text, field.conditions)
        if denials:
            types = None if set(denials) == set(scope.every) else frozenset(denials)
            grounds, after = list(denials.values()), tuple(earlier)
            self.refusals.append(
                refuse(here, types, type_text, grounds, revision=self.revision, after=after)
            )
        allowed = {name: facts for name, facts in known.items() if name not in denials}
        if not allowed:
            return ()
        in_page = any(
            self.judge.cuts(each, field.arguments, in_page=scope.in_page)
            for each in allowed.values()
        )
        returns = tuple(dict.fromkeys(name for each in allowed.values() for name in each.returns))
        inner = _Scope(named_type(type_text), returns, returns, in_page)
        kept = self.with_selections(field, inner, here)
        if is_whole and not denials:
            return (kept,)
        return tuple(InlineFragment(name, (kept,)) for name in allowed)

    def judged(
        self, field: Field, scope: _Scope
    ) -> tuple[dict[str, FieldFacts], dict[str, Denial], bool]:
        """Facts of a field by type, what denies it on some, and whether it was judged on all."""
        known: dict[str, FieldFacts] = {}
        denials: dict[str, Denial] = {}
        is_whole = True
        for name in scope.met:
            facts = self.index.fields.get((name, field.name))
            if facts is None:  # __typename and introspection
                continue
            if self.hides and name != scope.parent and name in self.judge.unseen_rows:
                # To this caller no such object can stand here: nothing of it is asked, or refused.
                is_whole = False
                continue
            if self.hides and facts.changes and self.judge.is_all_hidden(facts):
                # Its caller's own view has neither the mutation nor the type that it would name.
                raise InvalidOperation((_unknown_type(facts.returns[0]),))
            known[name] = facts
            denial = self.judge.denial(
                facts, (name, field.name), field.arguments, in_page=scope.in_page
            )
            if denial is None:
                self.allow(name, field.name, facts)
            else:
                denials[name] = denial
        return known, denials, is_whole

    def allow(self, type_name: str, field_name: str, facts: FieldFacts) -> None:
        """Note what becomes of the values of a field that is not refused."""
        mask = self.judge.mask(facts)
        if mask is not None:
            self.masks[type_name, field_name] = mask
        if facts.is_count and not self.judge.sees_rows(facts):
            self.small_counts.add((type_name, field_name))

    def with_selections(self, field: Field, scope: _Scope, here: Place) -> Field:
        if not field.selections:
            return field
        selections = self.prune(field.selections, scope, here)
        if selections == field.selections:
            return field
        return structs.replace(field, selections=selections)

    def type_of(self, parent: str, field: str, known: Mapping[str, FieldFacts]) -> str:
        definition = self.index.schema.type_map.get(parent)
        fields = getattr(definition, "fields", {})
        if field in fields:
            return str(fields[field].type)
        return next(iter(known.values())).type


def refuse_whole(refusals: tuple[Refusal, ...]) -> None:
    """Refuse an operation of which something was refused.

    Raises:
        Forbidden: Something was.
    """
    if refusals:
        errors = tuple(refusal.error for refusal in refusals)
        raise Forbidden("the operation holds fields that may not be read", errors=errors)


def _raise_if_whole(
    operation: Operation, refusals: tuple[Refusal, ...], mode: Mode, disclosure: Disclosure
) -> None:
    if disclosure is Disclosure.HIDDEN:
        raise InvalidOperation(tuple(_unknown_field(refusal) for refusal in refusals))
    if operation.kind == "mutation" or mode is Mode.REFUSE:
        refuse_whole(refusals)
    root_refused = any(len(refusal.path) == 1 for refusal in refusals)
    if operation.kind == "subscription" and root_refused:
        errors = tuple(refusal.error for refusal in refusals)
        raise Forbidden("the subscription may not be read", errors=errors)


def _unknown_field(refusal: Refusal) -> ResponseError:
    type_name, _, field = str(refusal.error.extensions["coordinate"]).partition(".")
    return ResponseError(
        message=f"Cannot query field '{field}' on type '{type_name}'.",
        extensions={"code": InvalidOperation.code},
    )


def _unknown_type(name: str) -> ResponseError:
    return ResponseError(
        message=f"Unknown type '{name}'.", extensions={"code": InvalidOperation.code}
    )


def _used_variables(operation: Operation) -> tuple[VariableDefinition, ...]:
    used = variables_of(operation.selections)
    return tuple(variable for variable in operation.variables if variable.name in used)
