"""What a subgraph's own SDL says about its fields, read without any code under test."""

from __future__ import annotations

from collections import defaultdict

from graphql import (
    DirectiveNode,
    FieldDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    parse,
    print_ast,
)

from federation.field_set import read_field_set
from federation.selection import Field, SelectionSet

_EXTENSIONS = (ObjectTypeExtensionNode, InterfaceTypeExtensionNode)
_COMPOSITES = (ObjectTypeDefinitionNode, InterfaceTypeDefinitionNode, *_EXTENSIONS)


class Directives:
    """Keys, externals and field sets of one SDL document, written with the standard names.

    Attributes:
        type_names: All types that the document defines or extends.
        lost: Pairs of type and field that another subgraph took over.
    """

    def __init__(self, sdl: str, lost: frozenset[tuple[str, str]] = frozenset()) -> None:
        self.type_names: set[str] = set()
        self.lost = lost
        self._keys: dict[str, list[SelectionSet]] = defaultdict(list)
        self._fields: dict[tuple[str, str], FieldDefinitionNode] = {}
        self._document = parse(sdl)
        self._external_types: set[str] = set()
        self._extended: set[str] = set()
        is_first_version = "@link" not in sdl
        for node in self._document.definitions:
            if isinstance(node, TypeDefinitionNode | TypeExtensionNode):
                self.type_names.add(node.name.value)
            if not isinstance(node, _COMPOSITES):
                continue
            name = node.name.value
            if isinstance(node, _EXTENSIONS) or _named(node.directives, "extends"):
                self._extended.add(name)
            if is_first_version:
                self._extended.add(name)
            if _named(node.directives, "external"):
                self._external_types.add(name)
            for key in _named(node.directives, "key"):
                if _argument(key, "resolvable") != "false":
                    self._keys[name].append(read_field_set(_argument(key, "fields")))
            for each in node.fields or ():
                self._fields[name, each.name.value] = each

    def setting(self, context: str) -> set[str]:
        """Types that set a context."""
        return {
            node.name.value
            for node in self._document.definitions
            if isinstance(node, TypeDefinitionNode | TypeExtensionNode)
            for each in _named(node.directives, "context")
            if _argument(each, "name") == context
        }

    def keys(self, type_name: str) -> list[SelectionSet]:
        """Keys by which the type can be entered here."""
        return self._keys[type_name]

    def overrides(self) -> set[tuple[str, str, str, str]]:
        """Loser, type, field and label of each field that this subgraph takes over.

        The label is empty where it is for good.
        """
        return {
            (_argument(found, "from"), type_name, field_name, _argument(found, "label"))
            for (type_name, field_name), node in self._fields.items()
            for found in _named(node.directives, "override")
        }

    def field_set(self, type_name: str, field_name: str, directive: str) -> SelectionSet:
        """The argument of ``@requires`` or ``@provides`` on a field; empty for none."""
        node = self._fields.get((type_name, field_name))
        found = _named(node.directives, directive) if node else []
        return read_field_set(_argument(found[0], "fields")) if found else ()

    def contextual(self, type_name: str, field_name: str) -> dict[str, tuple[str, SelectionSet]]:
        """Context and selection of each argument of a field that is filled from context."""
        node = self._fields.get((type_name, field_name))
        found: dict[str, tuple[str, SelectionSet]] = {}
        for each in (node.arguments or ()) if node is not None else ():
            for directive in _named(each.directives, "fromContext"):
                context, _, text = _argument(directive, "field").strip(" $").partition(" ")
                found[each.name.value] = (context, read_field_set(text))
        return found

    def is_readable(self, type_name: str, field_name: str) -> bool:
        """Whether a field can be read here without any ``@provides``."""
        if (type_name, field_name) in self.lost:
            return False
        node = self._fields.get((type_name, field_name))
        if node is None:
            return True
        if not _named(node.directives, "external") and type_name not in self._external_types:
            return True
        return type_name in self._extended and any(
            isinstance(each, Field) and each.name == field_name
            for key in self._keys[type_name]
            for each in key
        )


def _named(directives: tuple[DirectiveNode, ...] | None, name: str) -> list[DirectiveNode]:
    return [each for each in directives or () if each.name.value.rpartition("__")[2] == name]


def _argument(directive: DirectiveNode, name: str) -> str:
    for each in directive.arguments or ():
        if each.name.value == name:
            value = each.value
            return value.value if isinstance(value, StringValueNode) else print_ast(value)
    return ""
