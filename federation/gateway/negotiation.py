"""Reading a GraphQL request out of an HTTP request, and choosing the form of the answer.

Source:
    GraphQL over HTTP, "Request", "Response" and "Media Types".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import Headers

from federation.errors import InvalidRequest
from federation.gateway.acceptance import EVENTS_TYPE, Acceptance, choose_acceptance
from federation.gateway.messages import Request

RESPONSE_TYPE = "application/graphql-response+json"
LEGACY_TYPE = "application/json"
_MOST_KEPT = 200
"""Characters of a header up to which it is kept what it says."""
_PARAMETERS = ("query", "operationName", "variables", "extensions")


class RequestHeaders(Headers):
    """Headers that are looked up many times: decoded once, the first of equal names counts."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        super().__init__(raw=raw)
        self._by_name: dict[str, str] = {}
        for name, value in raw:
            self._by_name.setdefault(name.decode("latin-1"), value.decode("latin-1"))
        self._are_many = len(raw) > len(self._by_name)

    def getlist(self, key: str) -> list[str]:
        """All values under a name in any case."""
        if self._are_many:
            return super().getlist(key)
        value = self._by_name.get(key.lower())
        return [] if value is None else [value]

    def __getitem__(self, key: str) -> str:
        """The value under a name in any case."""
        return self._by_name[key.lower()]

    def get(self, key: str, default: Any = None) -> Any:
        """The same, or something else; as a mapping does it, what is not there is an exception."""
        return self._by_name.get(key.lower(), default)

    def __contains__(self, key: object) -> bool:
        """Whether there is a value."""
        return isinstance(key, str) and key.lower() in self._by_name


class HttpRefusal(InvalidRequest):
    """The HTTP request cannot be answered, whatever operation it holds.

    Attributes:
        status: HTTP status of the answer, under every media type.
        headers: Headers that go with it.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client accepts.

    Attributes:
        media_type: Of a plain answer; of streams where the client reads nothing else. None where it
            reads nothing that there is.
        events: Whether it reads event streams.
        parts: How it takes responses in parts.
    """

    media_type: str | None
    events: bool
    parts: Acceptance | None


def accepted_by(accept: str | None) -> Accepted:
    """What the header says; mostly one of a few values, and worked out once then."""
    if accept is not None and len(accept) > _MOST_KEPT:
        return _accepted_by.__wrapped__(accept)
    return _accepted_by(accept)


@lru_cache(maxsize=200)
def _accepted_by(accept: str | None) -> Accepted:
    parts = choose_acceptance(accept)
    in_parts = parts.media_type if parts else None
    return Accepted(choose_media_type(accept) or in_parts, accepts_events(accept), parts)


def choose_media_type(accept: str | None) -> str | None:
    """The media type to answer in; None when the client accepts neither of the two.

    Wildcards and silence mean the older type, which every client can read.
    """
    if accept is None or not accept.strip():
        return LEGACY_TYPE
    best: tuple[float, int] | None = None
    chosen: str | None = None
    for entry in accept.lower().split(","):
        media, *parameters = (part.strip() for part in entry.split(";"))
        quality = _quality(parameters)
        if quality <= 0 or any(
            part.startswith("charset=") and part[8:].strip('"') not in {"utf-8", "utf8"}
            for part in parameters
        ):
            continue
        rank = {RESPONSE_TYPE: 2, LEGACY_TYPE: 1, "application/*": 0, "*/*": 0}.get(media)
        if rank is not None and (best is None or (quality, rank) > best):
            best = (quality, rank)
            chosen = RESPONSE_TYPE if rank == 2 else LEGACY_TYPE
    return chosen


def accepts_events(accept: str | None) -> bool:
    """Whether a client says that it reads event streams; wildcards do not say so."""
    for entry in (accept or "").lower().split(","):
        media, *parameters = (part.strip() for part in entry.split(";"))
        if media == EVENTS_TYPE and _quality(parameters) > 0:
            return True
    return False


def _quality(parameters: list[str]) -> float:
    for part in parameters:
        if part.startswith("q="):
            try:
                return float(part[2:])
            except ValueError:
                return 0.0
    return 1.0


def check_content_type(headers: Headers) -> None:
    """Refuses bodies that are not plain UTF-8 JSON.

    Insisting on `application/json` is also what keeps other sites' pages out: a browser asks with a
    preflight, which is never granted, before it sends that type across origins.

    Raises:
        HttpRefusal: 415.
    """
    told = headers.get("content-type", "")
    if told != LEGACY_TYPE:
        _check_media_type(told)
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise HttpRefusal(415, "compressed request bodies are not accepted")


def _check_media_type(told: str) -> None:
    media, *parameters = (part.strip().lower() for part in told.split(";"))
    if media != LEGACY_TYPE:
        named = f"not {media!r}" if media else "and none is given"
        raise HttpRefusal(415, f"the content type of a POST must be application/json, {named}")
    for part in parameters:
        if part.startswith("charset=") and part[8:].strip('"') not in {"utf-8", "utf8"}:
            raise HttpRefusal(415, "the request body must be UTF-8")


def check_origin(headers: Headers, allowed: tuple[str, ...]) -> None:
    """Refuses GET requests that another site's page makes a browser send.

    Such a page cannot read the answer, but it could make the gateway work and measure how long.

    Raises:
        HttpRefusal: 403.
    """
    origin = headers.get("origin")
    if origin is not None:
        if origin in allowed or origin.split("://", 1)[-1] == headers.get("host"):
            return
    elif headers.get("sec-fetch-site", "none") in {"none", "same-origin"}:
        return
    raise HttpRefusal(403, "GET requests of other sites' pages are refused; use POST")


def read_body(body: bytes, request_id: str, headers: Headers, accepts: Accepted) -> Request:
    """The request that a POST body holds.

    Raises:
        HttpRefusal: 400, the body is not a JSON object with fitting parameters.
    """
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise HttpRefusal(400, "the request body is not JSON") from None
    if isinstance(document, list):
        raise HttpRefusal(400, "batched requests are not supported; send one operation a request")
    if not isinstance(document, dict):
        raise HttpRefusal(400, "the request body must be a JSON object")
    return _read_parameters(document, request_id, headers, accepts, is_get=False)


def read_query_string(
    query_string: bytes, request_id: str, headers: Headers, accepts: Accepted
) -> Request:
    """The request that a GET's query string holds; variables and extensions are JSON texts.

    Raises:
        HttpRefusal: 400, parameters are missing, repeated or do not fit.
    """
    document: dict[str, Any] = {}
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=100,
        )
    except ValueError:
        raise HttpRefusal(400, "the query string is not form-encoded UTF-8") from None
    for name, value in pairs:
        if name in document and name in _PARAMETERS:
            raise HttpRefusal(400, f"the parameter {name} is given twice")
        document[name] = value
    for name in ("variables", "extensions"):
        if document.get(name):
            try:
                document[name] = msgspec.json.decode(document[name])
            except (msgspec.DecodeError, RecursionError):
                raise HttpRefusal(400, f"the parameter {name} is not JSON") from None
        else:
            document.pop(name, None)
    if document.get("operationName") == "":
        del document["operationName"]
    return _read_parameters(document, request_id, headers, accepts, is_get=True)


def _read_parameters(
    document: Mapping[str, Any],
    request_id: str,
    headers: Headers,
    accepts: Accepted,
    *,
    is_get: bool,
) -> Request:
    query = document.get("query")
    if not isinstance(query, str):
        missing = "is missing" if query is None else "must be a string"
        raise HttpRefusal(400, f"the parameter query {missing}")
    operation_name = document.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise HttpRefusal(400, "the parameter operationName must be a string")
    for name in ("variables", "extensions"):
        if not isinstance(document.get(name), dict | None):
            raise HttpRefusal(400, f"the parameter {name} must be an object")
    return Request(
        id=request_id,
        query=query,
        variables=document.get("variables") or {},
        operation_name=operation_name,
        headers=headers,
        is_get=is_get,
        accepts_events=accepts.events,
        accepts_parts=accepts.parts,
    )
