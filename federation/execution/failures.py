"""Errors about subgraphs as the client sees them: safe to show, with a code and the subgraph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from federation.errors import ResponseError
from federation.execution.places import Path

SUBGRAPH_ERROR = "SUBGRAPH_ERROR"
SUBGRAPH_UNREACHABLE = "SUBGRAPH_UNREACHABLE"
SUBGRAPH_TIMEOUT = "SUBGRAPH_TIMEOUT"
SUBGRAPH_MALFORMED = "SUBGRAPH_MALFORMED"

_MAX_LENGTH = 500
"""Characters kept of any text that a subgraph gives."""

# These speak of what the client itself sent, and so of nothing that it may not know.
_ABOUT_THE_REQUEST = {
    "BAD_CURSOR": "does not accept the cursor",
    "BAD_INPUT": "does not accept an input",
    "BAD_PAGE_SIZE": "gives no page of that size",
    "BAD_USER_INPUT": "does not accept the value of an argument",
}

# What servers are known to put into extensions for their own developers.
_NEVER_SHOWN = frozenset(
    (
        "code",
        "subgraph",
        "debug",
        "exception",
        "query",
        "sql",
        "stack",
        "stacktrace",
        "trace",
        "traceback",
        "variables",
    )
)


def fault(code: str, subgraph: str, path: Path, status: int | None = None) -> ResponseError:
    """An error of ours about a subgraph's answer, or the lack of one.

    The code is one of this module's; an empty path means that no single field is concerned.
    """
    said = {
        SUBGRAPH_UNREACHABLE: "could not be reached",
        SUBGRAPH_TIMEOUT: "did not answer in time",
        SUBGRAPH_MALFORMED: "gave an answer of the wrong form",
        SUBGRAPH_ERROR: "reported an error",
    }[code]
    extensions: dict[str, Any] = {"code": code, "subgraph": subgraph}
    if status is not None:
        extensions["status"] = status
    return ResponseError(f"The subgraph '{subgraph}' {said}.", path or None, (), extensions)


def reported(raw: Any, subgraph: str, path: Path, *, show: bool) -> ResponseError:
    """An error that a subgraph reported, without what is not meant for clients.

    Its text may name fields and values that the client may not read, of inputs above all that the
    planner fetched; ``show`` says that it may be shown all the same.
    """
    plain = fault(SUBGRAPH_ERROR, subgraph, path)
    message = raw.get("message") if isinstance(raw, dict) else None
    extensions = raw.get("extensions") if isinstance(raw, dict) else None
    extensions = extensions if isinstance(extensions, dict) else {}
    code = extensions.get("code")
    said = _ABOUT_THE_REQUEST.get(code) if isinstance(code, str) else None
    if said and not show:
        told = {"code": code, "subgraph": subgraph}
        return ResponseError(f"The subgraph '{subgraph}' {said}.", plain.path, (), told)
    if not show or not isinstance(message, str) or not message.strip():
        return plain
    shown = {
        "code": code[:_MAX_LENGTH] if isinstance(code, str) and code else SUBGRAPH_ERROR,
        "subgraph": subgraph,
        **_safe(extensions),
    }
    return ResponseError(_first_line(message), plain.path, (), shown)


def _first_line(message: str) -> str:
    # Some servers append the stack trace to the message.
    return message.strip().splitlines()[0][:_MAX_LENGTH]


def _safe(extensions: Mapping[str, Any]) -> dict[str, Any]:
    """Flat facts of a subgraph's extensions; whatever is nested may hold anything."""
    return {
        key: value
        for key, value in extensions.items()
        if key.lower() not in _NEVER_SHOWN and _is_flat(value)
    }


def _is_flat(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _MAX_LENGTH and "\n" not in value
    if isinstance(value, list):
        return len(value) <= 50 and all(
            not isinstance(item, list) and _is_flat(item) for item in value
        )
    return value is None or isinstance(value, bool | int | float)
