"""Subgraphs to Supergraph."""

from __future__ import annotations

import re
from collections.abc import Iterable

from federation.composition.directives import NOTHING_COMPOSED
from federation.composition.links import links_for
from federation.composition.merge import merge_types
from federation.composition.model import Composition
from federation.composition.sources import Sources, gather
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import Subgraph
from federation.supergraph.model import Graph, Supergraph

_ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}


def compose(subgraphs: Iterable[Subgraph]) -> Composition:
    """The supergraph of the subgraphs, or every reason why there is none.

    The order of the subgraphs and of definitions inside them does not matter.
    """
    schema = gather(subgraphs)
    diagnostics: tuple[Diagnostic, ...] = ()
    if any(each.severity is Severity.ERROR for each in diagnostics):
        return Composition(None, diagnostics)
    return Composition(_merge(schema), diagnostics)


def _merge(schema: Sources) -> Supergraph:
    composed = NOTHING_COMPOSED
    types = merge_types(schema, composed)
    return Supergraph(
        graphs=tuple(name_graphs(schema.subgraphs)),
        types=types,
        roots={kind: name for kind, name in _ROOTS.items() if name in types},
        links=links_for(types.values()),
    )


def name_graphs(subgraphs: Iterable[Subgraph]) -> Iterable[Graph]:
    """The subgraphs with their values of ``join__Graph``: upper case, made unique by a number."""
    taken: dict[str, int] = {}
    plain = [(each, _sanitise(each.name)) for each in subgraphs]
    totals = [name for _, name in plain]
    for subgraph, enum in plain:
        taken[enum] = taken.get(enum, 0) + 1
        suffix = f"_{taken[enum]}" if totals.count(enum) > 1 else ""
        yield Graph(subgraph.name, subgraph.url, enum + suffix)


def _sanitise(name: str) -> str:
    """A name as an enum value.

    Source:
        Join specification, "Sanitizing subgraph names".
    """
    enum = re.sub(r"[^A-Z0-9_]", "_", name.upper())
    if enum[:1].isdigit():
        enum = f"_{enum}"
    # A trailing number after an underscore is kept for telling equal names apart.
    return f"{enum}_" if re.search(r"_\d+$", enum) else enum
