"""CONTEXT_NAME_INVALID: a context whose name cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterator

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import (
    Subgraph,
    directives_of,
)

_NAME = re.compile(r"^[a-zA-Z][a-zA-Z0-9]*$")


def context_name_invalid(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """The supergraph joins subgraph and context name by underscores, so the latter has none."""
    for definition in subgraph.types.values():
        for context in directives_of(definition, "context"):
            name = context.text("name") or ""
            if not _NAME.match(name):
                yield Diagnostic(
                    "CONTEXT_NAME_INVALID",
                    f'[{subgraph.name}] "{name}" on {definition.name} is no name of a context',
                    coordinate=Coordinate(definition.name),
                    locations=(context.location,),
                    fix="Use letters and digits only, a letter first.",
                )
