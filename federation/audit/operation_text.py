"""The text of an operation as the audit trail keeps it: everything but what the caller typed in."""

from typing import Any

from graphql import (
    DocumentNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    StringValueNode,
    Visitor,
    print_ast,
    visit,
)


class _Blank(Visitor):
    """Replaces literals by empty ones of the same kind; enum values and booleans are kept."""

    @staticmethod
    def enter_int_value(*_: Any) -> IntValueNode:
        """Any number becomes 0."""
        return IntValueNode(value="0")

    @staticmethod
    def enter_float_value(*_: Any) -> FloatValueNode:
        """Any number becomes 0."""
        return FloatValueNode(value="0")

    @staticmethod
    def enter_string_value(*_: Any) -> StringValueNode:
        """Any text becomes the empty one."""
        return StringValueNode(value="", block=False)

    @staticmethod
    def enter_list_value(*_: Any) -> ListValueNode:
        """Lists of any length become one text."""
        return ListValueNode(values=())


def text_without_literals(document: DocumentNode) -> str:
    """The document printed with every literal of a caller blanked.

    Names of fields, arguments, input fields, variables and enum values stay, since they belong to
    the schema or to the application. Comments and layout do not survive printing.
    """
    return print_ast(visit(document, _Blank()))
