"""DIRECTIVE_COMPOSITION_INFO: @composeDirective says what holds anyway, or for some only."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.directive_definitions import link_of, requests
from federation.composition.directives import MERGED_DIRECTIVES
from federation.composition.report import listed
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity
from federation.subgraph.specifications import directives_of_specification


def directive_composition_info(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: directives of federation are kept by themselves; other major versions are not."""
    for subgraph in schema.subgraphs:
        for each in requests(subgraph):
            link = link_of(subgraph, each.local)
            if link is None:
                continue
            known = directives_of_specification(link.identity, link.version)
            if any(
                one in MERGED_DIRECTIVES and link.local_directive(one) == each.local
                for one in known
            ):
                yield Diagnostic(
                    "DIRECTIVE_COMPOSITION_INFO",
                    f"[{subgraph.name}] {each.name} is composed without @composeDirective",
                    Severity.HINT,
                    None,
                    (each.location,),
                    "Remove @composeDirective.",
                )
            others = [
                other.name
                for other in schema.subgraphs
                for linked in other.links
                if linked.identity == link.identity
                and linked.version is not None
                and link.version is not None
                and linked.version[0] != link.version[0]
                and all(one.local != each.local for one in requests(other))
            ]
            if others:
                yield Diagnostic(
                    "DIRECTIVE_COMPOSITION_INFO",
                    f"{each.name} is not composed from {listed(others)}, where another major"
                    f" version of {link.identity} is linked",
                    Severity.HINT,
                    None,
                    (each.location,),
                    "Link the same version everywhere.",
                )
