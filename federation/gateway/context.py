"""The headers of a subgraph request: its signed access context, and what clients may pass on."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers

from federation.access import AccessIndex, Asker, Restriction, row_filters_json
from federation.access.row_filter import fields_of
from federation.execution.model import HeadersFor
from federation.gateway.signing import CONTEXT_HEADER, ContextSigner

_NEVER_FORWARDED = frozenset({"authorization", "cookie", "host", "content-length", "content-type"})


def build_headers_for(
    signer: ContextSigner,
    asker: Asker,
    restriction: Restriction,
    index: AccessIndex,
    forwarded: Mapping[str, str],
) -> HeadersFor:
    """The headers of every request to a subgraph that one client request causes.

    A subgraph gets the row filters whose fields it holds, and no others.
    """
    filters: dict[str, dict[str, object]] = {}

    def filters_of(subgraph: str) -> dict[str, object]:
        if subgraph not in filters:
            filters[subgraph] = row_filters_json(
                {
                    name: condition
                    for name, condition in restriction.row_filters.items()
                    if index.holds(subgraph, name, fields_of(condition))
                }
            )
        return filters[subgraph]

    def headers_for(subgraph: str, text: str) -> Mapping[str, str]:
        token = signer.sign(subgraph, text, asker.caller, asker.purpose, filters_of(subgraph))
        return {**forwarded, CONTEXT_HEADER: token}

    return headers_for


def forwarded_headers(headers: Headers, allowed: tuple[str, ...]) -> dict[str, str]:
    """The client's headers that subgraphs receive.

    Our own headers and credentials never pass, even if the allow-list names them.
    """
    return {
        name: headers[name]
        for name in (entry.lower() for entry in allowed)
        if name in headers and name not in _NEVER_FORWARDED and not name.startswith("datong-")
    }
