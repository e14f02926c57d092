"""DIRECTIVE_COMPOSITION_ERROR: @composeDirective names what cannot be composed."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.directive_definitions import link_of
from federation.composition.sources import Sources
from federation.errors import Diagnostic


def directive_composition_error(schema: Sources) -> Iterator[Diagnostic]:
    """``@composeDirective`` names a directive of a linked specification, starting with ``@``."""
    for subgraph in schema.subgraphs:
        for directive in subgraph.schema_directives:
            if directive.name != "composeDirective" or not directive.specification:
                continue
            name = directive.text("name") or ""
            local = name.removeprefix("@")
            linked = link_of(subgraph, local) is not None
            if not name.startswith("@"):
                problem = f'"{name}" does not start with @'
            elif not linked:
                problem = f"{name} belongs to no linked specification"
            else:
                continue
            yield Diagnostic(
                "DIRECTIVE_COMPOSITION_ERROR",
                f"[{subgraph.name}] @composeDirective: {problem}",
                locations=(directive.location,),
                fix="Import the directive with @link and name it with its @.",
            )
