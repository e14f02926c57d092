"""A plan as a tree of rounds and requests, with what each value costs and why it is read there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from federation.planning.explanation import Candidate, Choice
from federation.planning.plan import Fetch, OperationPlan
from federation.planning.text import print_path, stage_numbers


def print_plan_tree(plan: OperationPlan, choices: tuple[Choice, ...]) -> str:
    """Rounds, their requests, and below each request the values that are read by it.

    Behind a value stands why it is read there; below it, the ways that were not taken. A round is
    the time of one request: requests of one round run side by side.
    """
    numbers = stage_numbers(plan.fetches)
    rounds = max(numbers.values(), default=0)
    placed = _placed(plan, choices, numbers)
    branches: list[_Branch] = [
        (
            f"round {at}",
            [
                (_head(fetch), [(line, []) for line in placed[fetch.id]])
                for fetch in plan.fetches
                if numbers[fetch.id] == at
            ],
        )
        for at in range(1, rounds + 1)
    ]
    lines = [f"{_count(rounds, 'round')}, {_count(len(plan.fetches), 'request')}"]
    return "\n".join([*lines, *_drawn(branches, "")]) + "\n"


_Branch = tuple[str, list["_Branch"]]


def _placed(
    plan: OperationPlan, choices: tuple[Choice, ...], numbers: dict[int, int]
) -> dict[int, list[str]]:
    """Lines about values by the request that brings them.

    A request that nothing waited for may have been moved into a later one to the same subgraph.
    """
    placed: dict[int, list[str]] = {fetch.id: [] for fetch in plan.fetches}
    for number, choice in enumerate(choices):
        chosen = next(each for each in choice.candidates if each.is_chosen)
        others = (each for at, each in enumerate(choices) if at != number)
        stage, _, subgraph = chosen.last.partition(":")
        fetch = min(
            (each for each in plan.fetches if each.subgraph == subgraph),
            key=lambda each: (numbers[each.id] < int(stage), numbers[each.id], each.id),
        )
        placed[fetch.id] += _reasons(choice, chosen, others)
    return {number: list(dict.fromkeys(lines)) for number, lines in placed.items()}


def _reasons(choice: Choice, chosen: Candidate, others: Iterable[Choice]) -> Iterator[str]:
    shown = print_path(choice.path)
    rest = [each for each in choice.candidates if each is not chosen]
    if not rest:
        yield f"{shown}: the only way, or all others need its requests too"
        return
    running = {
        request
        for other in others
        for each in other.candidates
        if each.is_chosen
        for request in each.requests
    }
    yield f"{shown}: {_why(chosen, rest, running)}"
    for each in rest:
        added = len(set(each.requests) - running)
        yield f"  not {each.way} ({_count(each.rounds, 'round')}, {_count(added, 'request')} more)"


def _why(chosen: Candidate, rest: list[Candidate], running: set[str]) -> str:
    added = len(set(chosen.requests) - running)
    if all(each.rounds > chosen.rounds for each in rest):
        return f"there first, after {_count(chosen.rounds, 'round')}"
    if all(len(set(each.requests) - running) > added for each in rest):
        if not added:
            return "by requests that are made anyway"
        return f"with the fewest requests of its own ({added})"
    return "as good as any other way; the shortest, or first by name"


def _head(fetch: Fetch) -> str:
    paths = [print_path(path) for entity in fetch.entities for path in entity.paths]
    where = ", ".join(dict.fromkeys(paths)) or print_path(fetch.path) or "the root"
    waits = f", after {', '.join(map(str, fetch.after))}" if fetch.after else ""
    return f"{fetch.id}: {fetch.kind} to {fetch.subgraph} for {where}{waits}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _drawn(branches: list[_Branch], margin: str) -> Iterator[str]:
    for at, (text, below) in enumerate(branches):
        is_last = at == len(branches) - 1
        yield f"{margin}{'└─ ' if is_last else '├─ '}{text}"
        yield from _drawn(below, margin + ("   " if is_last else "│  "))
