"""Documents that are read at a glance: without tokens, and without places in the text.

graphql-core's parser makes an object of each token and of each place that a node has, which takes
longer than the nodes themselves. Nearly all that clients send are operations and fragments in plain
writing: those are read here in one go. Whatever else there is, and whatever is not quite right, is
left to graphql-core, whose nodes and messages hold; `tests/properties/test_reading.py` holds the
two equal. Names that are alike share a node.

Source:
    GraphQL specification, "Language"; each function reads the rule that it is named after.
"""

from __future__ import annotations

import re
from typing import TypeAlias, cast

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    ConstValueNode,
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    TypeNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
)

from federation.operation.literals import Unsure

_MAX_NESTING = 200
"""As graphql-core has it."""

# What is ignored; then a name, a punctuator, what begins like a number, a string without escapes,
# the end; last whatever else there is, as one character that is none of these.
_TOKEN = re.compile(
    r"(?:[ \t\n\r,\ufeff]|#[^\n\r]*)*+"
    r"([_A-Za-z][_0-9A-Za-z]*|[!$&():=@\[\]{|}]|\.\.\.|-?[0-9][-+._0-9A-Za-z]*"
    r'|"(?!"")[^"\\\n\r]*"|\Z|.)',
    re.DOTALL,
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NAME_STARTS = frozenset("_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_NUMBER_STARTS = frozenset("-0123456789")
_OPERATIONS = {each.value: each for each in OperationType}

_Directives: TypeAlias = tuple[DirectiveNode, ...] | None


def read_plainly(text: str, max_tokens: int) -> DocumentNode | None:
    """A document without places; None where graphql-core's parser must be asked."""
    tokens: list[str] = _TOKEN.findall(text)
    # One at least stands for the end. Comments count too, and some marks of them that are none.
    if len(tokens) + text.count("#") > max_tokens:
        return None
    try:
        return _Reader(tokens).document()
    except Unsure:
        return None


class _Reader:
    """Reads tokens one after the other; the last one is empty, and part of nothing.

    Every method raises ``Unsure`` where something else stands than it should.
    """

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._nesting = 0
        self._names: dict[str, NameNode] = {}

    def document(self) -> DocumentNode:
        definitions = [self._definition()]
        while self._tokens[self._at]:
            definitions.append(self._definition())
        return DocumentNode(definitions=tuple(definitions))

    def _definition(self) -> DefinitionNode:
        word = self._tokens[self._at]
        if word == "{":
            return OperationDefinitionNode(
                operation=OperationType.QUERY, selection_set=self._selection_set()
            )
        self._at += 1
        if word == "fragment":
            return self._fragment_definition()
        if word not in _OPERATIONS:
            raise Unsure
        is_named = self._tokens[self._at][:1] in _NAME_STARTS
        return OperationDefinitionNode(
            operation=_OPERATIONS[word],
            name=self._name() if is_named else None,
            variable_definitions=self._variable_definitions(),
            directives=self._directives(),
            selection_set=self._selection_set(),
        )

    def _fragment_definition(self) -> FragmentDefinitionNode:
        name = self._fragment_name()
        self._expect("on")
        return FragmentDefinitionNode(
            name=name,
            variable_definitions=(),
            type_condition=self._named_type(),
            directives=self._directives(),
            selection_set=self._selection_set(),
        )

    def _variable_definitions(self) -> tuple[VariableDefinitionNode, ...] | None:
        if self._tokens[self._at] != "(":
            return None
        self._at += 1
        found = [self._variable_definition()]
        while self._tokens[self._at] != ")":
            found.append(self._variable_definition())
        self._at += 1
        return tuple(found)

    def _variable_definition(self) -> VariableDefinitionNode:
        self._expect("$")
        variable = VariableNode(name=self._name())
        self._expect(":")
        type_ = self._type()
        default: ConstValueNode | None = None
        if self._tokens[self._at] == "=":
            self._at += 1
            default = cast("ConstValueNode", self._value(is_const=True))
        if self._tokens[self._at] == "@":
            raise Unsure
        return VariableDefinitionNode(variable=variable, type=type_, default_value=default)

    # Selections

    def _selection_set(self) -> SelectionSetNode:
        self._enter("{")
        found = [self._selection()]
        while self._tokens[self._at] != "}":
            found.append(self._selection())
        self._leave()
        return SelectionSetNode(selections=tuple(found))

    def _selection(self) -> SelectionNode:
        if self._tokens[self._at] == "...":
            self._at += 1
            return self._fragment()
        alias, name = None, self._name()
        if self._tokens[self._at] == ":":
            self._at += 1
            alias, name = name, self._name()
        arguments, directives = self._arguments(), self._directives()
        below = self._selection_set() if self._tokens[self._at] == "{" else None
        return FieldNode(
            alias=alias,
            name=name,
            arguments=arguments,
            directives=directives,
            selection_set=below,
        )

    def _fragment(self) -> FragmentSpreadNode | InlineFragmentNode:
        word = self._tokens[self._at]
        condition = None
        if word == "on":
            self._at += 1
            condition = self._named_type()
        elif word[:1] in _NAME_STARTS:
            return FragmentSpreadNode(name=self._name(), directives=self._directives())
        return InlineFragmentNode(
            type_condition=condition,
            directives=self._directives(),
            selection_set=self._selection_set(),
        )

    def _fragment_name(self) -> NameNode:
        if self._tokens[self._at] == "on":
            raise Unsure
        return self._name()

    def _arguments(self, *, is_const: bool = False) -> tuple[ArgumentNode, ...] | None:
        if self._tokens[self._at] != "(":
            return None
        self._at += 1
        found = [self._argument(is_const=is_const)]
        while self._tokens[self._at] != ")":
            found.append(self._argument(is_const=is_const))
        self._at += 1
        return tuple(found)

    def _argument(self, *, is_const: bool) -> ArgumentNode:
        name = self._name()
        self._expect(":")
        return ArgumentNode(name=name, value=self._value(is_const=is_const))

    def _directives(self) -> _Directives:
        if self._tokens[self._at] != "@":
            return None
        found = []
        while self._tokens[self._at] == "@":
            self._at += 1
            found.append(DirectiveNode(name=self._name(), arguments=self._arguments()))
        return tuple(found)

    # Values

    def _value(self, *, is_const: bool) -> ValueNode:
        word = self._tokens[self._at]
        start = word[:1]
        if start in _NAME_STARTS:
            self._at += 1
            return _named_value(word)
        if start == "[":
            return self._list(is_const=is_const)
        if start == "{":
            return self._object(is_const=is_const)
        self._at += 1
        if start == "$" and not is_const:
            return VariableNode(name=self._name())
        if start == '"' and len(word) > 1:
            return StringValueNode(value=word[1:-1], block=False)
        number = _NUMBER.fullmatch(word) if start in _NUMBER_STARTS else None
        if number is None:
            raise Unsure
        return FloatValueNode(value=word) if number.lastindex else IntValueNode(value=word)

    def _list(self, *, is_const: bool) -> ListValueNode:
        self._enter("[")
        values = []
        while self._tokens[self._at] != "]":
            values.append(self._value(is_const=is_const))
        self._leave()
        return ListValueNode(values=tuple(values))

    def _object(self, *, is_const: bool) -> ObjectValueNode:
        self._enter("{")
        fields = []
        while self._tokens[self._at] != "}":
            name = self._name()
            self._expect(":")
            fields.append(ObjectFieldNode(name=name, value=self._value(is_const=is_const)))
        self._leave()
        return ObjectValueNode(fields=tuple(fields))

    # Types and names

    def _type(self) -> TypeNode:
        found: TypeNode
        if self._tokens[self._at] == "[":
            self._enter("[")
            inner = self._type()
            if self._tokens[self._at] != "]":
                raise Unsure
            self._leave()
            found = ListTypeNode(type=inner)
        else:
            found = self._named_type()
        if self._tokens[self._at] == "!":
            self._at += 1
            return NonNullTypeNode(type=found)
        return found

    def _named_type(self) -> NamedTypeNode:
        return NamedTypeNode(name=self._name())

    def _name(self) -> NameNode:
        word = self._tokens[self._at]
        known = self._names.get(word)
        if known is None:
            if word[:1] not in _NAME_STARTS:
                raise Unsure
            known = self._names[word] = NameNode(value=word)
        self._at += 1
        return known

    def _expect(self, word: str) -> None:
        if self._tokens[self._at] != word:
            raise Unsure
        self._at += 1

    def _enter(self, word: str) -> None:
        self._expect(word)
        self._nesting += 1
        if self._nesting > _MAX_NESTING:
            raise Unsure

    def _leave(self) -> None:
        self._at += 1
        self._nesting -= 1


def _named_value(word: str) -> ValueNode:
    if word in {"true", "false"}:
        return BooleanValueNode(value=word == "true")
    return NullValueNode() if word == "null" else EnumValueNode(value=word)
