"""The headers of a subgraph request: its signed access context, and what clients may pass on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from starlette.datastructures import Headers

from federation.access import AccessIndex, Asker, Restriction, row_filters_json
from federation.access.row_filter import fields_of
from federation.execution.model import HeadersFor
from federation.gateway.messages import REQUEST_HEADER
from federation.gateway.signing import CONTEXT_HEADER, ContextSigner

_NEVER_FORWARDED = frozenset({"authorization", "cookie", "host", "content-length", "content-type"})


class ContextFilters:
    """The row filters of one restriction, as each subgraph is told them; worked out once.

    A subgraph gets the row filters whose fields it holds, and no others.
    """

    def __init__(self, restriction: Restriction, index: AccessIndex) -> None:
        self._filters = restriction.row_filters
        self._index = index
        self._known: dict[str, bytes] = {}

    def of(self, subgraph: str) -> bytes:
        """Condition by type name, as JSON text with sorted keys."""
        known = self._known.get(subgraph)
        if known is None:
            held = {
                name: condition
                for name, condition in self._filters.items()
                if self._index.holds(subgraph, name, fields_of(condition))
            }
            text = msgspec.json.encode(row_filters_json(held), order="sorted")
            known = self._known[subgraph] = text
        return known


def build_headers_for(
    signer: ContextSigner,
    asker: Asker,
    filters: ContextFilters,
    forwarded: Mapping[str, str],
    request_id: str,
) -> HeadersFor:
    """The headers of every request to a subgraph that one client request causes."""
    plain = {**forwarded, REQUEST_HEADER: request_id}

    def headers_for(subgraph: str, text: str) -> Mapping[str, str]:
        token = signer.sign(subgraph, text, asker.caller, asker.purpose, filters.of(subgraph))
        return {**plain, CONTEXT_HEADER: token}

    return headers_for


def forwardable(allowed: Iterable[str]) -> tuple[str, ...]:
    """Names of the client's headers that subgraphs may receive, in lower case.

    Our own headers and credentials never pass, even if the allow-list names them.
    """
    return tuple(
        name
        for name in (entry.lower() for entry in allowed)
        if name not in _NEVER_FORWARDED and not name.startswith("datong-")
    )


def forwarded_headers(headers: Headers, names: tuple[str, ...]) -> dict[str, str]:
    """Those that this client sent, of the ones that are ``forwardable``."""
    return {name: headers[name] for name in names if name in headers}
