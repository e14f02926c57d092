"""CONTEXT_NOT_SET: @fromContext uses a context that no type sets."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.contexts import contextual_arguments
from federation.subgraph.model import (
    Kind,
    Subgraph,
    Type,
    directives_of,
    has_directive,
)


def context_not_set(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """A context is set by some type of the same subgraph, and used by fields of objects."""
    known = {
        context.text("name")
        for definition in subgraph.types.values()
        for context in directives_of(definition, "context")
    }
    for each in contextual_arguments(subgraph):
        if each.context is not None and each.context not in known:
            yield each.diagnostic(
                "CONTEXT_NOT_SET",
                f"uses the context {each.context}, which no type of this subgraph sets",
                f'Add @context(name: "{each.context}") to an enclosing type.',
            )
        elif each.type.kind is Kind.INTERFACE:
            yield each.diagnostic(
                "CONTEXT_NOT_SET",
                "belongs to an interface field, which nobody resolves",
                "Use @fromContext on the fields of the implementing objects.",
            )
        elif demanding := _demanding(each.type, each.field.name, subgraph):
            yield each.diagnostic(
                "CONTEXT_NOT_SET",
                f"belongs to a field that the interface {demanding} demands",
                f"Remove {each.field.name} from {demanding}: a context is known to objects only.",
            )
        elif each.argument.default is not None:
            yield each.diagnostic(
                "CONTEXT_NOT_SET",
                "has a default value, which a context would never leave room for",
                "Remove the default value.",
            )
    for definition in subgraph.directive_definitions:
        for argument in definition.arguments:
            if has_directive(argument, "fromContext"):
                yield Diagnostic(
                    "CONTEXT_NOT_SET",
                    f"[{subgraph.name}] the argument {argument.name} of @{definition.name} is"
                    " applied where no object encloses it",
                    locations=(argument.location,),
                    fix="Use @fromContext on arguments of fields.",
                )


def _demanding(owner: Type, field: str, subgraph: Subgraph) -> str | None:
    """The interface of a type that has a field of that name."""
    for name in owner.interfaces:
        interface = subgraph.types.get(name)
        if interface is not None and field in interface.fields:
            return name
    return None
