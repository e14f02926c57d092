"""Merging what is applied to one element in several subgraphs: directives and descriptions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from federation.composition.governance import merge_governance
from federation.subgraph.model import (
    Directive,
    EnumValue,
    Field,
    InputValue,
    Subgraph,
    Type,
)
from federation.subgraph.specifications import FEDERATION, GOVERNANCE, GRAPHQL
from federation.supergraph.model import AppliedDirective

Element: TypeAlias = Type | Field | InputValue | EnumValue
Source: TypeAlias = tuple[Subgraph, Element]

_PRESENCE: Final = frozenset({"inaccessible", "authenticated"})
_REPEATED: Final = frozenset({"tag", "cacheTag"})
_SINGLE: Final = frozenset({"deprecated", "specifiedBy", "oneOf"})


@dataclass(frozen=True, slots=True)
class ComposedDirectives:
    """Custom directives that ``@composeDirective`` keeps.

    Attributes:
        names: Pairs of subgraph and local name to the name in the supergraph.
        repeatable: Supergraph names of repeatable directives.
    """

    names: Mapping[tuple[str, str], str]
    repeatable: frozenset[str] = frozenset()


NOTHING_COMPOSED: Final = ComposedDirectives({})


def merge_directives(
    sources: Iterable[Source], composed: ComposedDirectives = NOTHING_COMPOSED
) -> tuple[AppliedDirective, ...]:
    """The directives of the merged element, sorted by name and arguments.

    Source:
        Apollo Federation, "Composition strategies": presence, union, maximum, and conjunction of
        access requirements.
    """
    found: dict[str, list[Directive]] = {}
    custom: dict[str, list[Directive]] = {}
    governance: dict[str, list[tuple[Subgraph, Directive]]] = {}
    for subgraph, element in sources:
        for directive in element.directives:
            if directive.specification in (FEDERATION, GRAPHQL):
                name = directive.name
                if name == "context":
                    directive = _qualified_context(directive, subgraph)  # noqa: PLW2901
                found.setdefault(name, []).append(directive)
            elif directive.specification == GOVERNANCE:
                governance.setdefault(directive.name, []).append((subgraph, directive))
            elif (subgraph.name, directive.name) in composed.names:
                name = composed.names[subgraph.name, directive.name]
                custom.setdefault(name, []).append(directive)
    merged: set[AppliedDirective] = set(merge_governance(governance))
    for name, directives in found.items():
        merged.update(_merge(name, directives))
    for name, directives in custom.items():
        chosen = directives if name in composed.repeatable else [most_common(directives)]
        merged.update(AppliedDirective(name, each.arguments) for each in chosen)
    return tuple(sorted(merged, key=lambda each: (each.name, each.arguments)))


def merge_description(sources: Iterable[Source]) -> str | None:
    """The description given most often; among equals the first by subgraph name."""
    given = [each.description for _, each in sources if each.description is not None]
    filled = [text for text in given if text]
    if filled:
        return Counter(filled).most_common(1)[0][0]
    return given[0] if given else None


def most_common(directives: Sequence[Directive]) -> Directive:
    """The application whose arguments occur most often; among equals the first."""
    counts = Counter(each.arguments for each in directives)
    return max(directives, key=lambda each: counts[each.arguments])


def _merge(name: str, directives: list[Directive]) -> Iterable[AppliedDirective]:
    if name in _PRESENCE:
        return (AppliedDirective(name),)
    if name in _REPEATED or name == "context":
        return (AppliedDirective(name, each.arguments) for each in directives)
    if name in _SINGLE:
        return (AppliedDirective(name, most_common(directives).arguments),)
    strategies = MERGED_ARGUMENTS.get(name)
    if strategies is None:
        return ()
    arguments: list[tuple[str, str]] = []
    for argument, strategy in strategies.items():
        given = [each.argument(argument) for each in directives]
        values = [value for value in given if value is not None]
        if values:
            arguments.append((argument, json.dumps(strategy(values), ensure_ascii=False)))
    return (AppliedDirective(name, tuple(arguments)),)


def _qualified_context(directive: Directive, subgraph: Subgraph) -> Directive:
    name = context_name(subgraph, directive.text("name") or "")
    return Directive("context", (("name", json.dumps(name)),), directive.location)


def context_name(subgraph: Subgraph, name: str) -> str:
    """What a context of one subgraph is called in the supergraph."""
    return f"{subgraph.name}__{name}"


def _union(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(each for value in values for each in value))


def _conjunction(values: list[Any]) -> list[list[str]]:
    """Alternatives (outer list) of joint requirements (inner) that satisfy every subgraph's."""
    result: set[frozenset[str]] = {frozenset()}
    for value in values:
        alternatives = [frozenset(each) for each in value] or [frozenset[str]()]
        result = {left | right for left in result for right in alternatives}
    minimal = [each for each in result if not any(other < each for other in result)]
    return sorted((sorted(each) for each in minimal), key=lambda each: (len(each), each))


MERGED_ARGUMENTS: Final[Mapping[str, Mapping[str, Callable[[list[Any]], Any]]]] = {
    "requiresScopes": {"scopes": _conjunction},
    "policy": {"policies": _conjunction},
    "cost": {"weight": max},
    "listSize": {
        "assumedSize": max,
        "slicingArguments": _union,
        "sizedFields": _union,
        "requireOneSlicingArgument": all,
    },
}

MERGED_DIRECTIVES: Final = _PRESENCE | _REPEATED | MERGED_ARGUMENTS.keys() | {"context"}
"""Directives of federation that the supergraph keeps."""
