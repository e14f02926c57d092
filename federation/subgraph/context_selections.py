"""What can be wrong with the selection of ``@fromContext``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graphql import (
    FieldNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from federation.subgraph.contexts import ContextualArgument
from federation.subgraph.model import Kind, Type


def selection_faults(
    argument: ContextualArgument, holders: Sequence[Type], types: Mapping[str, Type]
) -> Iterator[str]:
    """Everything wrong with what an argument takes from its context.

    Args:
        argument: Names a context and selects something.
        holders: Types that set the context.
        types: All types of the subgraph.
    """
    text = argument.selection
    try:
        document = parse(text if text.startswith("{") else f"{{{text}}}", no_location=True)
    except GraphQLSyntaxError as error:
        yield f"not a selection: {error.message}"
        return
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode), "braces hold a query"
    selections = operation.selection_set
    decorated = list(_decorations(selections))
    if decorated:
        yield from decorated
        return
    fragments = [each for each in selections.selections if isinstance(each, InlineFragmentNode)]
    if not fragments:
        for holder in holders:
            yield from _fit(selections, holder, argument, types)
    elif len(fragments) < len(selections.selections):
        yield "it mixes fields and fragments"
    else:
        yield from _fragment_faults(fragments, holders, argument, types)


def _decorations(selections: SelectionSetNode) -> Iterator[str]:
    for each in selections.selections:
        if each.directives:
            yield f"it has the directive @{each.directives[0].name.value}"
        if isinstance(each, FieldNode) and each.alias:
            yield f"it has the alias {each.alias.value}"
        if isinstance(each, FieldNode | InlineFragmentNode) and each.selection_set:
            yield from _decorations(each.selection_set)


def _fragment_faults(
    fragments: Sequence[InlineFragmentNode],
    holders: Sequence[Type],
    argument: ContextualArgument,
    types: Mapping[str, Type],
) -> Iterator[str]:
    conditions = [
        each.type_condition.name.value if each.type_condition else "" for each in fragments
    ]
    if len(set(conditions)) < len(conditions) or "" in conditions:
        yield "each of its fragments names a type of its own"
        return
    possible = {holder.name: _objects(holder, types) for holder in holders}
    for condition, fragment in zip(conditions, fragments, strict=True):
        target = types.get(condition)
        if target is None or target.kind is not Kind.OBJECT:
            yield f"{condition} is no object type"
        elif all(condition not in objects for objects in possible.values()):
            yield f"no object of type {condition} sets the context"
        else:
            yield from _fit(fragment.selection_set, target, argument, types)
    for name, objects in possible.items():
        if not objects & set(conditions):
            yield f"it has no fragment for {name}, which sets the context"


def _objects(holder: Type, types: Mapping[str, Type]) -> set[str]:
    if holder.kind is Kind.UNION:
        return set(holder.members)
    if holder.kind is Kind.INTERFACE:
        return {each.name for each in types.values() if holder.name in each.interfaces}
    return {holder.name}


def _fit(
    selections: SelectionSetNode,
    parent: Type,
    argument: ContextualArgument,
    types: Mapping[str, Type],
) -> Iterator[str]:
    """What keeps a selection on a type from being a value for the argument."""
    chosen = _leaf(selections, parent, types)
    wanted = argument.argument.type
    if chosen is None:
        yield f"it is not one leaf of {parent.name}"
    elif wanted.endswith("!"):
        yield f"the argument is of type {wanted}, while a context may have no value"
    elif not _accepts(wanted, chosen):
        yield f"it is of type {chosen} in {parent.name}, while the argument is of type {wanted}"


def _leaf(selections: SelectionSetNode, parent: Type, types: Mapping[str, Type]) -> str | None:
    """The type of the one leaf that is selected, a list in as many as it stands below.

    It is nullable: an object on the way, and the context itself, may be missing.
    """
    if len(selections.selections) != 1:
        return None
    node = selections.selections[0]
    if isinstance(node, InlineFragmentNode):
        condition = node.type_condition.name.value if node.type_condition else parent.name
        inner = types.get(condition)
        return _leaf(node.selection_set, inner, types) if inner else None
    if not isinstance(node, FieldNode):
        return None
    return "String" if node.name.value == "__typename" else _field_leaf(node, parent, types)


def _field_leaf(node: FieldNode, parent: Type, types: Mapping[str, Type]) -> str | None:
    field = parent.fields.get(node.name.value)
    target = types.get(field.type.strip("[]!")) if field is not None else None
    is_composite = target is not None and (target.is_composite or target.kind is Kind.UNION)
    if field is None or is_composite == (node.selection_set is None):
        return None
    if node.selection_set is None or target is None:
        return field.type.removesuffix("!")
    below = _leaf(node.selection_set, target, types)
    depth = field.type.count("[")
    # Where an object on the way is missing, so is what stands below.
    return None if below is None else "[" * depth + below.replace("!", "") + "]" * depth


def _accepts(wanted: str, given: str) -> bool:
    """Whether an argument takes a value of an output type: equal, or with more non-nulls."""
    if wanted.endswith("!"):
        return given.endswith("!") and _accepts(wanted[:-1], given[:-1])
    given = given.removesuffix("!")
    if wanted.startswith("[") and given.startswith("["):
        return _accepts(wanted[1:-1], given[1:-1])
    return wanted == given
