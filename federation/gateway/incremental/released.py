"""What one part releases, as the audit trail takes it: its data at their places, nothing else."""

from __future__ import annotations

from typing import Any

from federation.execution import ExecutionResult, Payload
from federation.execution.places import Path


def part_result(payload: Payload) -> ExecutionResult:
    """A part as the result of an execution, for its release record."""
    return ExecutionResult(
        data=released(payload),
        errors=tuple(payload.all_errors()),
        tree=payload.tree,
        masked=payload.masked,
        is_part=True,
    )


def released(payload: Payload) -> dict[str, Any] | None:
    """The data of a part in one tree; of a list that is not whole, items by index."""
    if payload.is_first and payload.data is None:
        return None
    shown: dict[Any, Any] = _copy(payload.data) if payload.data else {}
    for each in payload.incremental:
        start = each.pending.start
        if each.items is None or start is None:
            _put(shown, each.path, _copy(each.data))
        else:
            for at, item in enumerate(each.items, start):
                _put(shown, (*each.path, at), _copy(item))
    for opened in payload.pending:
        if opened.start is not None:
            _split(shown, opened.path)
    return shown


def _copy(value: Any) -> Any:
    """Objects and lists anew, since they will be added to."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _put(shown: dict[Any, Any], path: Path, value: Any) -> None:
    """Add a value at a path, united with an object that is there already."""
    if not path:
        shown.update(value)
        return
    at: Any = shown
    for step in path[:-1]:
        at = at.setdefault(step, {}) if isinstance(at, dict) else at[step]
    last: Any = path[-1]
    known = at.get(last) if isinstance(at, dict) else at[last]
    if isinstance(known, dict) and isinstance(value, dict):
        known.update(value)
    else:
        at[last] = value


def _split(shown: dict[Any, Any], path: Path) -> None:
    at: Any = shown
    last: Any = path[-1]
    for step in path[:-1]:
        at = at[step]
    at[last] = dict(enumerate(at[last]))
