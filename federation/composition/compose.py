"""Subgraphs to Supergraph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from federation.composition.directive_definitions import compose_custom_directives
from federation.composition.grades import raise_grades
from federation.composition.links import links_for
from federation.composition.merge import merge_types
from federation.composition.merged import Merged
from federation.composition.model import Composition
from federation.composition.rules import MERGED_RULES, SOURCE_RULES
from federation.composition.sources import Sources, gather
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, InvalidSubgraph, Severity
from federation.subgraph import load_subgraph
from federation.subgraph.model import Subgraph
from federation.subgraph.rules import RULES
from federation.supergraph.governance import read_governance
from federation.supergraph.model import Graph, Supergraph

_ROOTS: Final = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}


@dataclass(frozen=True, slots=True)
class SubgraphDocument:
    """One subgraph as text.

    Attributes:
        file: Path to show in diagnostics; empty for SDL from the network.
    """

    name: str
    url: str
    sdl: str
    file: str = ""


def compose_documents(documents: Iterable[SubgraphDocument]) -> Composition:
    """Load and compose in one run, so that the findings of every subgraph come together."""
    subgraphs: list[Subgraph] = []
    unreadable: list[Diagnostic] = []
    for each in documents:
        try:
            subgraphs.append(load_subgraph(each.name, each.url, each.sdl, each.file))
        except InvalidSubgraph as error:
            unreadable += error.diagnostics
    if not unreadable:
        return compose(subgraphs)
    # Between subgraphs, what the unreadable ones define would be reported as missing.
    own = (finding for each in subgraphs for rule in RULES for finding in rule(each))
    return Composition(None, _sorted([*unreadable, *own]))


def compose(subgraphs: Iterable[Subgraph]) -> Composition:
    """The supergraph of the subgraphs, or every reason why there is none.

    The order of the subgraphs does not matter. Whether every query can be answered is not looked
    at here.
    """
    schema = gather(subgraphs)
    found = [finding for each in schema.subgraphs for rule in RULES for finding in rule(each)]
    found += [finding for rule in SOURCE_RULES for finding in rule(schema)]
    if _has_errors(found):
        return Composition(None, _sorted(found))
    supergraph = _merge(schema)
    governance = read_governance(supergraph)
    merged = Merged(supergraph, schema, governance)
    found += [finding for rule in MERGED_RULES for finding in rule(merged)]
    return Composition(
        None if _has_errors(found) else raise_grades(supergraph, governance), _sorted(found)
    )


def _has_errors(found: Iterable[Diagnostic]) -> bool:
    return any(each.severity is Severity.ERROR for each in found)


def _sorted(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(
        sorted(
            dict.fromkeys(found),
            key=lambda each: (
                each.severity is Severity.HINT,
                each.code,
                str(each.coordinate or Coordinate("")),
                each.locations,
            ),
        )
    )


def _merge(schema: Sources) -> Supergraph:
    custom = compose_custom_directives(schema.subgraphs)
    types = merge_types(schema, custom.composed)
    return Supergraph(
        graphs=tuple(name_graphs(schema.subgraphs)),
        types=types,
        roots={kind: name for kind, name in _ROOTS.items() if name in types},
        directive_definitions=custom.definitions,
        links=(*links_for(types.values()), *custom.links),
    )


def name_graphs(subgraphs: Iterable[Subgraph]) -> Iterator[Graph]:
    """The subgraphs with their values of ``join__Graph``: upper case, made unique by a number."""
    plain = [(each, _sanitise(each.name)) for each in subgraphs]
    totals = [name for _, name in plain]
    counts: dict[str, int] = {}
    for subgraph, enum in plain:
        counts[enum] = counts.get(enum, 0) + 1
        suffix = f"_{counts[enum]}" if totals.count(enum) > 1 else ""
        yield Graph(subgraph.name, subgraph.url, enum + suffix)


def _sanitise(name: str) -> str:
    """A name as an enum value.

    Source:
        Join specification, on sanitizing subgraph names.
    """
    enum = re.sub(r"[^A-Z0-9_]", "_", name.upper())
    if enum[:1].isdigit():
        enum = f"_{enum}"
    # A trailing number after an underscore is kept for telling equal names apart.
    return f"{enum}_" if re.search(r"_\d+$", enum) else enum
