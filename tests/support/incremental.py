"""Payloads of incremental delivery put together again, as a client does."""

from __future__ import annotations

from copy import deepcopy
from typing import Any


def merged(payloads: list[dict[str, Any]]) -> Any:
    """The data that payloads in the current format give together.

    Fails when they break the format's rules: an id that is not pending, an end that comes twice,
    a list that grows elsewhere than at its end, a part after the last.
    """
    first, *others = payloads
    data = deepcopy(first["data"])
    pending: dict[str, dict[str, Any]] = {}
    _open(first, pending)
    for at, payload in enumerate(payloads):
        is_last = at == len(payloads) - 1
        assert payload.get("hasNext", False) is not is_last, "hasNext"
    for payload in others:
        assert payload.keys() <= {"pending", "incremental", "completed", "hasNext"}
        _open(payload, pending)
        for increment in payload.get("incremental", ()):
            _apply(data, increment, pending[increment["id"]])
        for completed in payload.get("completed", ()):
            del pending[completed["id"]]
    assert not pending, "never completed"
    return data


def _open(payload: dict[str, Any], pending: dict[str, dict[str, Any]]) -> None:
    for each in payload.get("pending", ()):
        assert each["id"] not in pending
        pending[each["id"]] = each


def _apply(data: Any, increment: dict[str, Any], pending: dict[str, Any]) -> None:
    target = data
    for step in (*pending["path"], *increment.get("subPath", ())):
        target = target[step]
    if "items" in increment:
        assert increment["items"], "no items"
        target.extend(deepcopy(increment["items"]))
    else:
        _merge(target, deepcopy(increment["data"]))


def _merge(target: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        assert key not in target, f"{key} is delivered twice"
        target[key] = value
