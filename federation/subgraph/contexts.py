"""``@fromContext``: arguments that the gateway fills from an enclosing object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import (
    Directive,
    Field,
    InputValue,
    Subgraph,
    Type,
    find_directive,
)

_FIELD = re.compile(r"^\s*\$\s*(?P<context>\w+)\s*(?P<selection>.*?)\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ContextualArgument:
    """One argument with ``@fromContext``.

    Attributes:
        context: Name of the context; None when the text names none.
        selection: What is selected from the object that sets the context, braces included.
    """

    type: Type
    field: Field
    argument: InputValue
    directive: Directive
    context: str | None
    selection: str

    def diagnostic(self, code: str, problem: str, fix: str) -> Diagnostic:
        """A finding about the argument; ``problem`` is its predicate."""
        coordinate = Coordinate(self.type.name, self.field.name, self.argument.name)
        return Diagnostic(
            code,
            f"[{self.directive.location.subgraph}] {coordinate} {problem}",
            coordinate=coordinate,
            locations=(self.directive.location,),
            fix=fix,
        )


def contextual_arguments(subgraph: Subgraph) -> Iterator[ContextualArgument]:
    """Every contextual argument of a subgraph."""
    for definition in subgraph.types.values():
        for field in definition.fields.values():
            yield from arguments_of(definition, field)


def arguments_of(definition: Type, field: Field) -> Iterator[ContextualArgument]:
    """The contextual arguments of one field."""
    for argument in field.arguments:
        directive = find_directive(argument, "fromContext")
        if directive is None:
            continue
        match = _FIELD.match(directive.text("field") or "")
        yield ContextualArgument(
            definition,
            field,
            argument,
            directive,
            match["context"] if match else None,
            match["selection"] if match else "",
        )
