"""IMPLICITLY_UPGRADED_FEDERATION_VERSION: a link needs a newer federation than is linked."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity
from federation.subgraph.specifications import FEDERATION_IDENTITY, directives_of_specification


def implicitly_upgraded_federation_version(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: the subgraph is read by the rules of the version that brought what it links."""
    for subgraph in schema.subgraphs:
        if not subgraph.is_federation_2:
            continue
        for link in subgraph.links:
            if link.identity == FEDERATION_IDENTITY:
                continue
            offered = directives_of_specification(link.identity, link.version).values()
            needed = max((each.since for each in offered), default=(0, 0))
            if needed > subgraph.version:
                yield Diagnostic(
                    "IMPLICITLY_UPGRADED_FEDERATION_VERSION",
                    f"[{subgraph.name}] {link.url} needs federation v{needed[0]}.{needed[1]}, but"
                    f" v{subgraph.version[0]}.{subgraph.version[1]} is linked",
                    Severity.HINT,
                    None,
                    (link.location,),
                    f"Link federation v{needed[0]}.{needed[1]} or newer.",
                )
