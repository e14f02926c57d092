"""The parse stage: operation text to a validated, normalised operation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    visit,
)
from msgspec import structs

from federation.errors import InvalidOperation, ResponseError
from federation.field_set import print_literal, print_type
from federation.operation.limits import Limits, check_limits, too_large
from federation.operation.model import Operation, VariableDefinition
from federation.operation.normalise import Normaliser
from federation.operation.reading import read_plainly
from federation.operation.validation import validation_errors
from federation.selection import (
    Condition,
    Field,
    Selection,
    SelectionSet,
    every_selection,
    variables_of,
)

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
RESOLUTION_FAILED = "OPERATION_RESOLUTION_FAILED"

_RESERVED = re.compile(r"representations|_r\d+")
"""Variables of entity fetches; see ``planning.entity_text``."""

_LITERALS = re.compile(r'"(?:[^"\\]|\\.)*"|\$?[_A-Za-z]\w*|-?\d[\d.eE+-]*')


@dataclass(frozen=True, slots=True)
class ParsedOperation:
    """One operation of a document, ready to be decided on, planned and recorded.

    Attributes:
        operation: In normal form.
        variables: Every declared variable in document order, the unused included: their values are
            checked all the same.
        text_hash: Lowercase hex SHA-256 of the document's UTF-8 bytes.
        signature: The normalised operation without aliases and with every literal value emptied:
            what was asked, fit for records that must hold no personal data.
        page_variables: Paging arguments, each with a variable that it is given.
        initial_counts: Arguments of ``@stream``, as text.
        deciding: Conditions that variables decide.
        is_whole: The operation holds every selection of the document. Otherwise some are valid and
            yet asked of nobody: in another operation, or where nothing can be answered.
    """

    operation: Operation
    variables: tuple[VariableDefinition, ...]
    text_hash: str
    signature: str
    page_variables: frozenset[tuple[str, str]] = frozenset()
    initial_counts: frozenset[str] = frozenset()
    deciding: frozenset[Condition] = frozenset()
    is_whole: bool = True


def parse_operation(
    text: str,
    schema: GraphQLSchema,
    operation_name: str | None,
    limits: Limits,
    *,
    is_incremental: bool = False,
) -> ParsedOperation:
    """The operation that a request means.

    Args:
        text: Document with one or more operations.
        schema: API schema, or a caller's view of it.
        operation_name: Which operation; None or empty when there is only one.
        limits: Checked before validation.
        is_incremental: Whether ``@defer`` and ``@stream`` mean anything, which they do in queries
            only. Otherwise they are checked and left out.

    Raises:
        InvalidOperation: The text does not parse or validate, or has no such operation.
        OperationTooLarge: A limit is exceeded.

    Source:
        GraphQL specification, "Validation" and "Executing Requests".
    """
    text_hash = _hash(text)
    if len(text) > limits.max_characters:
        raise too_large("max_characters", limits.max_characters, "is too long")
    document = read_plainly(text, limits.max_tokens) or _parse(text, limits)
    try:
        check_limits(document, limits)
        _check_valid(document, text, schema, limits)
        return _read(document, text_hash, schema, operation_name, limits, is_incremental)
    finally:
        _let_go(document)


def _read(
    document: DocumentNode,
    text_hash: str,
    schema: GraphQLSchema,
    operation_name: str | None,
    limits: Limits,
    is_incremental: bool,
) -> ParsedOperation:
    renamed = _renames(_choose(document, operation_name))
    if renamed:
        document = visit(document, _Renaming(renamed))
    definition = _choose(document, operation_name)
    given = {new: old for old, new in renamed.items()}
    variables = tuple(_variable(node, given) for node in definition.variable_definitions or ())
    root = schema.get_root_type(definition.operation)
    assert root is not None, "validation admits operation kinds of the schema only"
    is_deferring = is_incremental and definition.operation is OperationType.QUERY
    normaliser = Normaliser(schema, _fragments(document), is_incremental=is_deferring)
    selections = normaliser.normalise(root, [definition.selection_set])
    operation = _operation(definition, root.name, variables, selections)
    every = list(every_selection(selections))
    return ParsedOperation(
        operation=operation,
        variables=variables,
        text_hash=text_hash,
        signature=str(_without_values(operation)),
        page_variables=frozenset(_page_variables(every, limits)),
        initial_counts=frozenset(_initial_counts(every)),
        deciding=frozenset(each for each in _conditions(every) if each.variable),
        is_whole=not normaliser.left_out and _operations(document) == [definition],
    )


def _check_valid(document: DocumentNode, text: str, schema: GraphQLSchema, limits: Limits) -> None:
    """Hold a document against the rules; one without places is read once more to name them.

    Raises:
        InvalidOperation: It breaks some.
    """
    again: list[DocumentNode] = []

    def with_places() -> DocumentNode:
        again.append(document if document.loc else _parse(text, limits))
        return again[0]

    try:
        found = validation_errors(document, schema, limits.max_validation_errors, with_places)
        if found:
            errors = tuple(response_error(error, VALIDATION_FAILED) for error in found)
            raise InvalidOperation(errors)
    finally:
        for each in again:
            _let_go(each)


def _let_go(document: DocumentNode) -> None:
    """Part the tokens of a document that is not needed any more.

    Each holds its neighbours, so that only the garbage collector could free them, by looking
    through all there is while nothing else runs.
    """
    token = document.loc.start_token if document.loc else None
    while token is not None:
        token.prev, token.next, token = None, None, token.next


def response_error(error: GraphQLError, code: str) -> ResponseError:
    """An error of graphql-core as ours."""
    return ResponseError(
        message=error.message,
        locations=tuple((location.line, location.column) for location in error.locations or ()),
        extensions={"code": code},
    )


def _hash(text: str) -> str:
    try:
        return sha256(text.encode()).hexdigest()
    except UnicodeEncodeError:
        # JSON can smuggle in half a surrogate pair.
        error = ResponseError(
            "The operation is no Unicode text.", extensions={"code": PARSE_FAILED}
        )
        raise InvalidOperation((error,)) from None


def _parse(text: str, limits: Limits) -> DocumentNode:
    try:
        return parse(text, max_tokens=limits.max_tokens, allow_empty_selection_sets=False)
    except GraphQLSyntaxError as error:
        if "tokens" in error.message and str(limits.max_tokens) in error.message:
            raise too_large("max_tokens", limits.max_tokens, "has too many tokens") from None
        raise InvalidOperation((response_error(error, PARSE_FAILED),)) from None


def _choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = _operations(document)
    if name:
        named = [d for d in operations if d.name and d.name.value == name]
        if not named:
            raise _unresolved(f"The document has no operation named '{name}'.")
        return named[0]
    # There is at least one: a document without any would hold unused fragments only.
    if len(operations) > 1:
        raise _unresolved("The document has several operations: 'operationName' must choose one.")
    return operations[0]


def _operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]


def _unresolved(message: str) -> InvalidOperation:
    return InvalidOperation((ResponseError(message, extensions={"code": RESOLUTION_FAILED}),))


class _Renaming(Visitor):
    """Renames variables."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self._names = names

    def enter_variable(self, node: VariableNode, *_: object) -> VariableNode | None:
        name = self._names.get(node.name.value)
        return VariableNode(name=NameNode(value=name)) if name else None


def _renames(definition: OperationDefinitionNode) -> dict[str, str]:
    """New names for variables that are called like those of entity fetches."""
    names = {node.variable.name.value for node in definition.variable_definitions or ()}
    renames: dict[str, str] = {}
    for name in sorted(names):
        new = name
        while _RESERVED.fullmatch(new) or (new != name and new in names):
            new += "_"
        if new != name:
            renames[name] = new
            names.add(new)
    return renames


def _variable(node: VariableDefinitionNode, given: Mapping[str, str]) -> VariableDefinition:
    return VariableDefinition(
        name=node.variable.name.value,
        given=given.get(node.variable.name.value, ""),
        type=print_type(node.type),
        default=print_literal(node.default_value) if node.default_value else None,
    )


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }


def _operation(
    definition: OperationDefinitionNode,
    root_type: str,
    variables: tuple[VariableDefinition, ...],
    selections: SelectionSet,
) -> Operation:
    used = variables_of(selections)
    return Operation(
        kind=definition.operation.value,
        name=definition.name.value if definition.name else None,
        root_type=root_type,
        variables=tuple(sorted((v for v in variables if v.name in used), key=lambda v: v.name)),
        selections=selections,
    )


def _without_values(operation: Operation) -> Operation:
    return replace(
        operation,
        variables=tuple(
            replace(each, default=_empty_literals(each.default) if each.default else None)
            for each in operation.variables
        ),
        selections=_selections_without_values(operation.selections),
    )


def _selections_without_values(selections: SelectionSet) -> SelectionSet:
    return tuple(map(_selection_without_values, selections))


def _selection_without_values(selection: Selection) -> Selection:
    inner = _selections_without_values(selection.selections)
    # An alias is the client's free text, and so is the label of a deferral.
    conditions = tuple(map(_without_label, selection.conditions))
    if not isinstance(selection, Field):
        return structs.replace(selection, selections=inner, conditions=conditions)
    arguments = tuple(
        structs.replace(a, value=_empty_literals(a.value)) for a in selection.arguments
    )
    stream = selection.stream
    if stream is not None:
        stream = structs.replace(stream, condition=_without_label(stream.condition))
    return Field(selection.name, None, arguments, inner, conditions, stream)


def _without_label(condition: Condition) -> Condition:
    deferral = structs.replace(condition.deferral, label=None)
    return structs.replace(condition, deferral=deferral)


def _empty_literals(literal: str) -> str:
    """Strings become empty and numbers 0; names, enum values and variables stay."""
    return _LITERALS.sub(_empty_literal, literal)


def _empty_literal(match: re.Match[str]) -> str:
    token = match[0]
    if token[0] == '"':
        return '""'
    return token if token[0] in "$_" or token[0].isalpha() else "0"


def _page_variables(selections: Iterable[Selection], limits: Limits) -> Iterator[tuple[str, str]]:
    """Pairs of paging argument and the variable that it is given."""
    for selection in selections:
        if isinstance(selection, Field):
            for argument in selection.arguments:
                if argument.name in limits.page_arguments and argument.value.startswith("$"):
                    yield argument.name, argument.variables[0]


def _initial_counts(selections: Iterable[Selection]) -> Iterator[str]:
    for selection in selections:
        if isinstance(selection, Field) and selection.stream is not None:
            yield selection.stream.initial_count


def _conditions(selections: Iterable[Selection]) -> Iterator[Condition]:
    for selection in selections:
        yield from selection.conditions
        if isinstance(selection, Field) and selection.stream is not None:
            yield selection.stream.condition
