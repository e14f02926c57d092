"""Governance directives as applied in a supergraph, whatever local names its links gave them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import parse_value, value_from_ast_untyped

from federation.supergraph.model import AppliedDirective, Supergraph

GOVERNANCE_IDENTITY = "https://specs.datong.dev/governance"

NAMES = (
    "classified",
    "sharing",
    "catalogued",
    "sourceOfRecord",
    "dataSubject",
    "regionCode",
    "filters",
    "derivedFrom",
    "derivation",
)


@dataclass(frozen=True, slots=True)
class GovernanceDirectives:
    """Reads applied governance directives by their specified names.

    Attributes:
        local: Specified name to the name used in this supergraph, both without ``@``.
    """

    local: Mapping[str, str]

    def applied(
        self, directives: Iterable[AppliedDirective], name: str
    ) -> Iterator[Mapping[str, Any]]:
        """Arguments of each application of the directive specified as ``name``."""
        local = self.local[name]
        for directive in directives:
            if directive.name == local:
                yield {argument: _value(text) for argument, text in directive.arguments}

    def first(self, directives: Iterable[AppliedDirective], name: str) -> Mapping[str, Any] | None:
        """Arguments of the first application, None when it is not applied."""
        return next(self.applied(directives, name), None)


def governance_directives(supergraph: Supergraph) -> GovernanceDirectives:
    """The reader for one supergraph; plain names where it links no governance specification."""
    local = {name: name for name in NAMES}
    for link in supergraph.links:
        if not link.url.startswith(GOVERNANCE_IDENTITY + "/"):
            continue
        namespace = link.namespace or "governance"
        imported = dict(link.imports)
        local = {
            name: imported[f"@{name}"].removeprefix("@")
            if f"@{name}" in imported
            else f"{namespace}__{name}"
            for name in NAMES
        }
    return GovernanceDirectives(local)


def _value(text: str) -> Any:
    return value_from_ast_untyped(parse_value(text, no_location=True))
