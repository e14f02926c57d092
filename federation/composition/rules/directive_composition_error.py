"""DIRECTIVE_COMPOSITION_ERROR: @composeDirective names what cannot be composed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from federation.composition.directive_definitions import Requested, link_of, requests
from federation.composition.directives import MERGED_DIRECTIVES
from federation.composition.elements import applied_directives
from federation.composition.report import listed, variants
from federation.composition.sources import Sources
from federation.errors import Diagnostic
from federation.subgraph.model import Subgraph
from federation.subgraph.specifications import (
    FEDERATION,
    FEDERATION_IDENTITY,
    directives_of_specification,
)


def directive_composition_error(schema: Sources) -> Iterator[Diagnostic]:
    """A composed directive is one that the subgraph defines and a linked specification holds.

    Subgraphs that compose directives of one specification agree on its major version and on the
    names of the directives.
    """
    for subgraph in schema.subgraphs:
        for each in requests(subgraph):
            problem = _problem(each) or _conflict(each, schema)
            if problem:
                yield Diagnostic(
                    "DIRECTIVE_COMPOSITION_ERROR",
                    f"[{subgraph.name}] @composeDirective: {problem}",
                    locations=(each.location,),
                    fix="Define the directive, import it with @link, and name it with its @.",
                )
    yield from _disagreements(schema)


def _problem(request: Requested) -> str:
    name = request.name
    if not name.startswith("@"):
        return f'"{name}" does not start with @'
    link = link_of(request.subgraph, request.local)
    if link is None:
        return f"{name} belongs to no linked specification"
    known = directives_of_specification(link.identity, link.version)
    canonical = next((each for each in known if link.local_directive(each) == request.local), None)
    if canonical is not None:
        # Governance directives are composed anyway; libraries ask for it for other composers.
        is_own = link.identity == FEDERATION_IDENTITY and canonical not in MERGED_DIRECTIVES
        return f"{name} is federation's own" if is_own else ""
    if all(each.name != request.local for each in request.subgraph.directive_definitions):
        return f"{name} is not defined"
    return ""


def _conflict(request: Requested, schema: Sources) -> str:
    """Which subgraphs apply a directive of federation that the supergraph knows by that name."""
    link = link_of(request.subgraph, request.local)
    if link is None or directives_of_specification(link.identity, link.version):
        return ""
    applying = [
        each.name for each in schema.subgraphs if request.local in _federation_directives(each)
    ]
    if request.local not in MERGED_DIRECTIVES or not applying:
        return ""
    return f"{request.name} is a directive of federation in {listed(applying)}"


def _federation_directives(subgraph: Subgraph) -> set[str]:
    return {each.name for each in applied_directives(subgraph) if each.specification == FEDERATION}


def _disagreements(schema: Sources) -> Iterator[Diagnostic]:
    found = [each for subgraph in schema.subgraphs for each in requests(subgraph)]
    for what, key, said in (
        ("the specification", _identity, _major_version),
        ("the name", _element, lambda each: each.name),
        ("the directive", lambda each: each.name, _identity),
    ):
        groups: dict[str, list[Requested]] = {}
        for each in found:
            if not _problem(each):
                groups.setdefault(key(each), []).append(each)
        for name, requested in groups.items():
            texts: Mapping[str, None] = dict.fromkeys(said(each) for each in requested)
            if len(texts) > 1:
                told = variants((each.subgraph.name, said(each)) for each in requested)
                yield Diagnostic(
                    "DIRECTIVE_COMPOSITION_ERROR",
                    f"@composeDirective: {what} {name} differs: {told}",
                    locations=tuple(each.location for each in requested),
                    fix="Link the same specification under the same names everywhere.",
                )


def _identity(request: Requested) -> str:
    link = link_of(request.subgraph, request.local)
    return "" if link is None else link.identity


def _major_version(request: Requested) -> str:
    link = link_of(request.subgraph, request.local)
    version = link.version if link is not None else None
    return "without version" if version is None else f"v{version[0]}"


def _element(request: Requested) -> str:
    """The specification's own name of the directive, with the specification."""
    link = link_of(request.subgraph, request.local)
    if link is None:
        return request.name
    imports = {local: name for name, local in link.imports.items()}
    own = imports.get(request.name, f"@{request.local.removeprefix(f'{link.namespace}__')}")
    return f"{own} of {link.identity}"
