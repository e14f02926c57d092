"""Directive definitions of the supergraph: executable ones, and those composed by request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from federation.composition.directives import ComposedDirectives
from federation.composition.type_references import merge_input
from federation.errors import SourceLocation
from federation.subgraph.model import DirectiveDefinition as SubgraphDefinition
from federation.subgraph.model import Link as SubgraphLink
from federation.subgraph.model import Subgraph, has_directive
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
        for local in requested_directives(subgraph):
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


@dataclass(frozen=True, slots=True)
class Requested:
    """One ``@composeDirective``.

    Attributes:
        name: As it stands there.
    """

    subgraph: Subgraph
    name: str
    location: SourceLocation

    @property
    def local(self) -> str:
        """The subgraph's name of the directive, without ``@``."""
        return self.name.removeprefix("@")


def requests(subgraph: Subgraph) -> Iterator[Requested]:
    """Every ``@composeDirective`` of a subgraph."""
    for directive in subgraph.schema_directives:
        if directive.name == "composeDirective" and directive.specification:
            yield Requested(subgraph, directive.text("name") or "", directive.location)


def requested_directives(subgraph: Subgraph) -> Iterator[str]:
    """Local names that ``@composeDirective`` gives, without ``@``."""
    yield from (each.local for each in requests(subgraph))


def _link(link: SubgraphLink, imports: Mapping[str, str]) -> Link:
    namespace = None if link.namespace == link.name else link.namespace
    return Link(link.url, namespace, tuple(sorted(imports.items())), link.purpose)


def executable_definitions(
    subgraphs: Iterable[Subgraph],
) -> Mapping[str, Mapping[str, SubgraphDefinition]]:
    """Directives that clients may use, by name; each with its definitions by subgraph name."""
    found: dict[str, dict[str, SubgraphDefinition]] = {}
    for subgraph in subgraphs:
        for each in subgraph.directive_definitions:
            if any(location in EXECUTABLE for location in each.locations):
                found.setdefault(each.name, {})[subgraph.name] = each
    return found


def common_locations(defined: Mapping[str, SubgraphDefinition]) -> tuple[str, ...]:
    """The executable locations on which all definitions allow the directive."""
    return tuple(
        location
        for location in EXECUTABLE
        if all(location in each.locations for each in defined.values())
    )


def kept_executable_definitions(
    subgraphs: tuple[Subgraph, ...],
) -> Mapping[str, Mapping[str, SubgraphDefinition]]:
    """As ``executable_definitions``: those that every subgraph has, with a common location."""
    return {
        name: defined
        for name, defined in executable_definitions(subgraphs).items()
        if len(defined) == len(subgraphs) and common_locations(defined)
    }


def _executable(subgraphs: tuple[Subgraph, ...]) -> Iterator[tuple[str, str]]:
    """Executable directives that every subgraph defines, as far as all agree."""
    for name, defined in kept_executable_definitions(subgraphs).items():
        repeatable = all(each.is_repeatable for each in defined.values())
        locations = common_locations(defined)
        yield name, _definition(name, _common_arguments(defined), locations, repeatable)


def _common_arguments(defined: Mapping[str, SubgraphDefinition]) -> Iterator[str]:
    """The arguments that all definitions have and none hides, as SDL."""
    first = next(iter(defined.values()))
    for argument in first.arguments:
        found = [
            one for each in defined.values() for one in each.arguments if one.name == argument.name
        ]
        if len(found) < len(defined) or any(has_directive(one, "inaccessible") for one in found):
            continue
        types = [each.type for each in found]
        defaults = {each.default for each in found}
        default = defaults.pop() if len(defaults) == 1 else None
        tail = "" if default is None else f" = {default}"
        yield f"{argument.name}: {merge_input(types, {}) or types[0]}{tail}"


def _definition(
    name: str, arguments: Iterable[str], locations: Iterable[str], repeatable: bool
) -> str:
    given = ", ".join(arguments)
    head = f"directive @{name}({given})" if given else f"directive @{name}"
    return f"{head}{' repeatable' if repeatable else ''} on {' | '.join(locations)}"
