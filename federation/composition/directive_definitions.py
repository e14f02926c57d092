"""Directive definitions of the supergraph: executable ones, and those composed by request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from federation.composition.directives import ComposedDirectives
from federation.subgraph.model import DirectiveDefinition as SubgraphDefinition
from federation.subgraph.model import Link as SubgraphLink
from federation.subgraph.model import Subgraph
from federation.supergraph.model import DirectiveDefinition, Link

EXECUTABLE: Final = (
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
)


@dataclass(frozen=True, slots=True)
class CustomDirectives:
    """What the supergraph takes over of the subgraphs' own directives."""

    composed: ComposedDirectives
    definitions: tuple[DirectiveDefinition, ...]
    links: tuple[Link, ...]


def link_of(subgraph: Subgraph, local: str) -> SubgraphLink | None:
    """The link whose specification a directive of that local name belongs to."""
    for link in subgraph.links:
        if f"@{local}" in link.imports.values() or local == link.namespace:
            return link
        if local.startswith(f"{link.namespace}__"):
            return link
    return None


def compose_custom_directives(subgraphs: Iterable[Subgraph]) -> CustomDirectives:
    """Directives that ``@composeDirective`` names, and executable ones that all subgraphs define.

    Of several versions of a linked specification the newest is kept.
    """
    ordered = tuple(subgraphs)
    names: dict[tuple[str, str], str] = {}
    definitions: dict[str, SubgraphDefinition] = {}
    links: dict[str, SubgraphLink] = {}
    imports: dict[str, dict[str, str]] = {}
    for subgraph in ordered:
        own = {each.name: each for each in subgraph.directive_definitions}
        for local in _requested(subgraph):
            link = link_of(subgraph, local)
            if link is None or local not in own:
                continue
            names[subgraph.name, local] = local
            newest = links.get(link.identity)
            if newest is None or (link.version or (0, 0)) > (newest.version or (0, 0)):
                links[link.identity] = link
                definitions[local] = own[local]
            definitions.setdefault(local, own[local])
            imports.setdefault(link.identity, {}).update(
                {name: as_ for name, as_ in link.imports.items() if as_ == f"@{local}"}
            )
    texts = {name: each.definition for name, each in definitions.items()}
    texts |= dict(_executable(ordered))
    return CustomDirectives(
        ComposedDirectives(
            names, frozenset(name for name, each in definitions.items() if each.is_repeatable)
        ),
        tuple(DirectiveDefinition(name, texts[name]) for name in sorted(texts)),
        tuple(_link(links[identity], imports[identity]) for identity in sorted(links)),
    )


def _requested(subgraph: Subgraph) -> Iterator[str]:
    for directive in subgraph.schema_directives:
        if directive.name == "composeDirective" and directive.specification:
            yield (directive.text("name") or "").removeprefix("@")


def _link(link: SubgraphLink, imports: Mapping[str, str]) -> Link:
    namespace = None if link.namespace == link.name else link.namespace
    return Link(link.url, namespace, tuple(sorted(imports.items())), link.purpose)


def _executable(subgraphs: tuple[Subgraph, ...]) -> Iterator[tuple[str, str]]:
    """Executable directives that every subgraph defines, on the locations common to all."""
    by_name: dict[str, list[SubgraphDefinition]] = {}
    for subgraph in subgraphs:
        for each in subgraph.directive_definitions:
            by_name.setdefault(each.name, []).append(each)
    for name, each_definition in by_name.items():
        common = [
            location
            for location in EXECUTABLE
            if all(location in each.locations for each in each_definition)
        ]
        if len(each_definition) == len(subgraphs) and common:
            head = each_definition[0].definition.rpartition(" on ")[0]
            yield name, f"{head} on {' | '.join(common)}"
