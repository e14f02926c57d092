"""LINK_IMPORT_NAME_MISMATCH: subgraphs call the same directive by different names."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.directives import MERGED_DIRECTIVES
from federation.composition.elements import applied_directives
from federation.composition.report import variants
from federation.composition.sources import Sources
from federation.errors import Diagnostic
from federation.subgraph.model import Link, Subgraph
from federation.subgraph.specifications import FEDERATION, directives_of_specification


def link_import_name_mismatch(schema: Sources) -> Iterator[Diagnostic]:
    """A directive that the supergraph keeps has one name, in whatever subgraph it is applied."""
    names: dict[str, dict[str, str]] = {}
    for subgraph in schema.subgraphs:
        used = {
            each.name for each in applied_directives(subgraph) if each.specification == FEDERATION
        }
        for name in sorted(used & MERGED_DIRECTIVES):
            names.setdefault(name, {})[subgraph.name] = _local_name(subgraph, name)
    for name, local in names.items():
        if len(set(local.values())) > 1:
            said = variants((subgraph, f"@{each}") for subgraph, each in local.items())
            yield Diagnostic(
                "LINK_IMPORT_NAME_MISMATCH",
                f"@{name} is called {said}",
                locations=tuple(
                    link.location if (link := _link(each, name)) else each.location()
                    for each in schema.subgraphs
                    if each.name in local
                ),
                fix=f"Import @{name} under the same name everywhere.",
            )


def _local_name(subgraph: Subgraph, name: str) -> str:
    """What a subgraph calls a directive."""
    link = _link(subgraph, name)
    return link.local_directive(name) if link is not None else name


def _link(subgraph: Subgraph, name: str) -> Link | None:
    """The link that a directive comes with; an import says it more clearly than a prefix."""
    linked = [
        link
        for link in subgraph.links
        if name in directives_of_specification(link.identity, link.version)
    ]
    imported = [each for each in linked if f"@{name}" in each.imports]
    return next(iter(imported or linked), None)
