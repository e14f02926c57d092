"""DIRECTIVE_COMPOSITION_WARN: a subgraph calls a composed directive by another name."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.directive_definitions import link_of, requests
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity


def directive_composition_warn(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: under the other name the directive is not composed."""
    for subgraph in schema.subgraphs:
        for each in requests(subgraph):
            link = link_of(subgraph, each.local)
            imports = {local: name for name, local in link.imports.items()} if link else {}
            own = imports.get(each.name)
            for other in schema.subgraphs if link is not None and own is not None else ():
                for linked in other.links:
                    local = linked.imports.get(own or "", each.name)
                    if link is None or linked.identity != link.identity or local == each.name:
                        continue
                    yield Diagnostic(
                        "DIRECTIVE_COMPOSITION_WARN",
                        f"{each.name} of {subgraph.name} is called {local} in {other.name}",
                        Severity.HINT,
                        None,
                        (each.location, linked.location),
                        "Import the directive under the same name everywhere.",
                    )
