"""One part of a response, free of the format in which it is sent.

Source:
    Incremental delivery, as drafted for the GraphQL specification: "Response Format".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from federation.errors import ResponseError
from federation.execution.places import Path


@dataclass(frozen=True, slots=True)
class Pending:
    """A deferred fragment at one object, or a list, of which more will come.

    Attributes:
        id: Names it in the parts that follow.
        path: Of the object in which the fragment stands, or of the list.
        start: Of a list, the index of the first item that will come; None for fragments.
    """

    id: str
    path: Path
    label: str | None
    start: int | None = None


@dataclass(slots=True)
class Increment:
    """Fields of one object, or items of one list.

    Attributes:
        pending: What they belong to.
        path: Of the object or list.
        data: Fields by response key; None for items.
        items: None for fields.
    """

    pending: Pending
    path: Path
    data: dict[str, Any] | None = None
    items: list[Any] | None = None
    errors: list[ResponseError] = field(default_factory=list)


@dataclass(slots=True)
class Completed:
    """Nothing more will come.

    Attributes:
        is_failure: What should have come never will; the errors say why.
    """

    pending: Pending
    errors: list[ResponseError] = field(default_factory=list)
    is_failure: bool = False


@dataclass(slots=True)
class Payload:
    """One part of a response.

    Attributes:
        is_first: Whether it holds ``data`` and ``errors``.
        data: None when null propagated to the root.
        tree: What was fetched so far, unmasked and with what only the plan needed.
        masked: How many values were masked.
    """

    is_first: bool = False
    data: dict[str, Any] | None = None
    errors: list[ResponseError] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    incremental: list[Increment] = field(default_factory=list)
    completed: list[Completed] = field(default_factory=list)
    has_next: bool = False
    tree: dict[str, Any] = field(default_factory=dict, repr=False)
    masked: int = 0

    def all_errors(self) -> Iterator[ResponseError]:
        """Every error in it."""
        yield from self.errors
        for increment in self.incremental:
            yield from increment.errors
        for completed in self.completed:
            yield from completed.errors
