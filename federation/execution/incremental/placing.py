"""Errors of a part that no unit gave itself: to which piece of the part they belong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from federation.errors import ResponseError
from federation.execution.incremental.payload import Completed, Increment, Payload
from federation.execution.places import Path
from federation.execution.shape import NULL_VALUE


def attach(errors: Iterable[ResponseError], payload: Payload) -> None:
    """Add each error to the piece that is nearest around its path."""
    if payload.is_first:
        payload.errors += errors
        return
    pieces: dict[Path, Increment | Completed] = {}
    for path, piece in _pieces(payload):
        pieces.setdefault(path, piece)
    for error in errors:
        _piece_for(error.path or (), pieces).errors.append(error)


def explain(payload: Payload) -> None:
    """See to it that what has failed says so, even if its error was told elsewhere."""
    for each in payload.completed:
        if each.is_failure and not each.errors:
            message = "The fragment is not given: a value in it is null where it may not be."
            error = ResponseError(message, each.pending.path, (), {"code": NULL_VALUE})
            each.errors.append(error)


def _pieces(payload: Payload) -> Iterator[tuple[Path, Increment | Completed]]:
    """Increments, then failures; other ends only where there is nothing else."""
    yield from ((each.path, each) for each in payload.incremental)
    failed = [each for each in payload.completed if each.is_failure]
    ends = failed if failed or payload.incremental else payload.completed
    yield from ((each.pending.path, each) for each in ends)


def _piece_for(path: Path, pieces: dict[Path, Increment | Completed]) -> Increment | Completed:
    for length in range(len(path), -1, -1):
        if path[:length] in pieces:
            return pieces[path[:length]]
    # An error about a whole list, say, of which each item has a piece of its own.
    within = (piece for at, piece in pieces.items() if at[: len(path)] == path)
    return next(within, next(iter(pieces.values())))
