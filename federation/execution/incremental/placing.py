"""Errors of a part that no unit gave itself: to which piece of the part they belong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from federation.errors import ResponseError
from federation.execution.incremental.payload import Completed, Increment, Payload
from federation.execution.places import Path
from federation.execution.shape import NULL_VALUE

Piece: TypeAlias = Increment | Completed


def attach(errors: Iterable[ResponseError], payload: Payload) -> None:
    """Add each error to the piece that is nearest around its path."""
    if payload.is_first:
        payload.errors += errors
        return
    pieces: dict[Path, list[Piece]] = {}
    for path, piece in _pieces(payload):
        pieces.setdefault(path, []).append(piece)
    for error in errors:
        found = _around(error.path or (), pieces)
        # All fragments that fail for it say so; of others, one.
        failed = [each for each in found if isinstance(each, Completed)]
        for piece in failed if len(failed) == len(found) else found[:1]:
            piece.errors.append(error)


def explain(payload: Payload) -> None:
    """See to it that what has failed says so, even if its error was told elsewhere."""
    for each in payload.completed:
        if each.is_failure and not each.errors:
            message = "The fragment is not given: a value in it is null where it may not be."
            error = ResponseError(message, each.pending.path, (), {"code": NULL_VALUE})
            each.errors.append(error)


def _pieces(payload: Payload) -> Iterator[tuple[Path, Piece]]:
    """Increments, then failures; other ends only where there is nothing else."""
    yield from ((each.path, each) for each in payload.incremental)
    failed = [each for each in payload.completed if each.is_failure]
    ends = failed if failed or payload.incremental else payload.completed
    yield from ((each.pending.path, each) for each in ends)


def _around(path: Path, pieces: dict[Path, list[Piece]]) -> list[Piece]:
    """The pieces that hold the place of an error; where none does, those nearest to it."""
    near: list[Piece] = []
    for length in range(len(path), -1, -1):
        found = pieces.get(path[:length], [])
        holding = [each for each in found if _holds(each, path[length:])]
        if holding:
            return holding
        near = near or found
    if near:
        return near
    # An error about a whole list, say, of which each item has a piece of its own.
    within = [found for at, found in pieces.items() if at[: len(path)] == path]
    return [(within or list(pieces.values()))[0][0]]


def _holds(piece: Piece, below: Path) -> bool:
    """Whether a place below the path of a piece is in it, or is what it lacks."""
    if not below or isinstance(piece, Completed):
        return True
    if piece.items is None:
        return below[0] in (piece.data or {})
    start = piece.pending.start or 0
    return isinstance(below[0], int) and start <= below[0] < start + len(piece.items)
