"""The normalised operation: what is planned, restricted and cached."""

from __future__ import annotations

from dataclasses import dataclass

from federation.selection import SelectionSet, print_selection_set


@dataclass(frozen=True, slots=True)
class VariableDefinition:
    """A declared variable; type and default are GraphQL text.

    Attributes:
        given: The client's name for it, where that is one which fetches need for themselves.
    """

    name: str
    type: str
    default: str | None = None
    given: str = ""

    def __str__(self) -> str:
        default = f" = {self.default}" if self.default is not None else ""
        return f"${self.name}: {self.type}{default}"


@dataclass(frozen=True, slots=True)
class Operation:
    """A validated operation in normal form; hashable, so that it is a cache key.

    Normal form: no fragment spreads; ``@skip``/``@include`` only where a variable decides; fields
    with equal response key, arguments and conditions merged; inline fragments only where they
    narrow the type or carry conditions, never nested in one of the same type; nothing
    selected under a type condition that can never hold.

    Attributes:
        kind: ``query``, ``mutation`` or ``subscription``.
        root_type: Name of the root type in the API schema.
        variables: Declared variables that are used, sorted by name.
        selections: Root selections, introspection fields included.
        row_tests: Object types whose rows the gateway filters itself, sorted, each with the fields
            to be known of every such object; they are fetched and not released.
    """

    kind: str
    name: str | None
    root_type: str
    variables: tuple[VariableDefinition, ...]
    selections: SelectionSet
    row_tests: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __str__(self) -> str:
        variables = f"({', '.join(map(str, self.variables))})" if self.variables else ""
        name = f" {self.name}" if self.name else ""
        text = f"{self.kind}{name}{variables} {print_selection_set(self.selections)}"
        tests = (
            f" # {name} rows by {' '.join(fields)}" if fields else f" # no {name} rows"
            for name, fields in self.row_tests
        )
        return text + "".join(tests)
