"""Parts of a response as JSON: the current format, and the one that Apollo's clients began with.

Source:
    Incremental delivery, as drafted for the GraphQL specification ("Response Format"), which Apollo
    calls incremental v0.2; its state of 2022-08-24, which Apollo calls v0.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from federation.errors import ResponseError
from federation.execution.incremental import Completed, Increment, Payload, Pending


def current(payload: Payload) -> dict[str, Any]:
    """A part in the current format; without ``hasNext`` when it is the only one."""
    document: dict[str, Any] = {}
    if payload.is_first:
        document["data"] = payload.data
        document |= _errors(payload.errors)
    if payload.pending:
        document["pending"] = [_pending(each) for each in payload.pending]
    if payload.incremental:
        document["incremental"] = [_increment(each) for each in payload.incremental]
    if payload.completed:
        document["completed"] = [
            {"id": each.pending.id, **_errors(each.errors)} for each in payload.completed
        ]
    if payload.has_next or not payload.is_first:
        document["hasNext"] = payload.has_next
    return document


def earlier(payload: Payload) -> dict[str, Any]:
    """A part in the format of 2022-08-24, which knows no ids: each piece has path and label."""
    document: dict[str, Any] = {}
    if payload.is_first:
        document["data"] = payload.data
        document |= _errors(payload.errors)
    given = {each.pending.id for each in payload.incremental}
    pieces = [_earlier_increment(each) for each in payload.incremental]
    pieces += [
        _earlier_end(each)
        for each in payload.completed
        # There is no other way to say that a fragment whose fields came with another is complete.
        if each.is_failure or each.pending.id not in given
    ]
    if pieces:
        document["incremental"] = pieces
    document["hasNext"] = payload.has_next
    return document


def _pending(pending: Pending) -> dict[str, Any]:
    label = {} if pending.label is None else {"label": pending.label}
    return {"id": pending.id, "path": list(pending.path), **label}


def _increment(increment: Increment) -> dict[str, Any]:
    document: dict[str, Any] = {"id": increment.pending.id}
    if increment.items is not None:
        document["items"] = increment.items
    else:
        document["data"] = increment.data
    sub_path = increment.path[len(increment.pending.path) :]
    if sub_path:
        document["subPath"] = list(sub_path)
    return document | _errors(increment.errors)


def _earlier_increment(increment: Increment) -> dict[str, Any]:
    if increment.items is not None:
        content: dict[str, Any] = {"items": increment.items}
    else:
        content = {"data": increment.data}
    return {
        **content,
        **_place(increment.pending, list(increment.path)),
        **_errors(increment.errors),
    }


def _earlier_end(completed: Completed) -> dict[str, Any]:
    pending = completed.pending
    content: dict[str, Any] = {}
    if pending.start is not None:
        content = {"items": None if completed.is_failure else []}
    else:
        content = {"data": None if completed.is_failure else {}}
    return {**content, **_place(pending, list(pending.path)), **_errors(completed.errors)}


def _place(pending: Pending, path: list[str | int]) -> dict[str, Any]:
    if pending.start is not None:
        path = [*path, pending.start]
    label = {} if pending.label is None else {"label": pending.label}
    return {"path": path, **label}


def _errors(errors: Iterable[ResponseError]) -> dict[str, Any]:
    told = [each.to_json() for each in errors]
    return {"errors": told} if told else {}
