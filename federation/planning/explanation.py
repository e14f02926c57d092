"""Why a plan is as it is: every way to read each value, what it costs, and which one was taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from federation.operation.model import Operation
from federation.planning.place import CastStep, EntityStep, FieldStep, RootStep, Site
from federation.planning.plan import OperationPlan, ResponsePath
from federation.planning.planner import PlannerLimits, plan_segments
from federation.planning.text import print_path, stage_numbers
from federation.query_graph.model import QueryGraph


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to read a value.

    Attributes:
        way: Subgraphs in the order in which they are entered, with the keys.
        rounds: Until the value is there.
        requests: All that it takes, as ``round:subgraph``; values share those that agree.
        last: The request that brings the value, written alike.
    """

    way: str
    rounds: int
    requests: tuple[str, ...]
    is_chosen: bool
    last: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A value and the ways to read it, those left out that need all requests of another one."""

    path: ResponsePath
    candidates: tuple[Candidate, ...]


def explain_choices(
    operation: Operation, graph: QueryGraph, limits: PlannerLimits | None = None
) -> tuple[Choice, ...]:
    """The choices behind the plan of an operation, in the order of the selections.

    Raises:
        PlanningError: Some selected field has no route.
    """
    return tuple(
        Choice(
            leaf.path,
            tuple(
                Candidate(
                    _way(site),
                    site.stage,
                    _requests(site, graph),
                    site is chosen,
                    _last(site),
                )
                for site in leaf.candidates
            ),
        )
        for segment in plan_segments(operation, graph, limits or PlannerLimits())
        for leaf, chosen in zip(segment.leaves, segment.chosen, strict=True)
    )


def print_choices(choices: tuple[Choice, ...]) -> str:
    """One paragraph for each value; the way taken is marked with an asterisk."""
    return "\n".join(line for choice in choices for line in _lines(choice))


def print_choices_dot(choices: tuple[Choice, ...]) -> str:
    """Requests and the values that each brings, in the language of Graphviz.

    Ways that were not taken are dashed, and so are requests that only they would need.
    """
    taken = {
        request
        for choice in choices
        for each in choice.candidates
        if each.is_chosen
        for request in each.requests
    }
    offered = {
        request
        for choice in choices
        for each in choice.candidates
        for request in (*each.requests, each.last)
    }
    lines = ["digraph candidates {", "  rankdir=LR", "  node [fontname=monospace]"]
    lines += [
        f"  {_quoted(request)} [shape=box{'' if request in taken else ', style=dashed'}]"
        for request in sorted(offered)
    ]
    for number, choice in enumerate(choices):
        lines.append(f"  v{number} [label={_quoted(print_path(choice.path))}]")
        lines += [
            f"  {_quoted(each.last)} -> v{number} [label={_quoted(each.way)}"
            f"{'' if each.is_chosen else ', style=dashed'}]"
            for each in choice.candidates
        ]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def print_plan_dot(plan: OperationPlan) -> str:
    """The plan's fetches and what each waits for, in the language of Graphviz."""
    stages = stage_numbers(plan.fetches)
    lines = ["digraph plan {", "  rankdir=LR", "  node [shape=box, fontname=monospace]"]
    for fetch in plan.fetches:
        paths = [print_path(path) for entity in fetch.entities for path in entity.paths] or ["root"]
        label = "\\n".join([f"{stages[fetch.id]}: {fetch.subgraph}", *dict.fromkeys(paths)])
        lines.append(f'  {fetch.id} [label="{label}"]')
        lines += [f"  {other} -> {fetch.id}" for other in fetch.after]
    return "\n".join([*lines, "}"]) + "\n"


def _lines(choice: Choice) -> Iterator[str]:
    yield print_path(choice.path)
    for each in choice.candidates:
        mark = "*" if each.is_chosen else " "
        rounds = f"{each.rounds} round{'s' if each.rounds > 1 else ''}"
        yield f"  {mark} {each.way}  ({rounds}: {' '.join(each.requests)})"


def _last(site: Site) -> str:
    """The request of a chain's beginning; a cast's own needs may come later."""
    at = _beginning(site)
    assert isinstance(at.step, RootStep | EntityStep), "chains begin at roots and entity moves"
    return f"{at.stage}:{at.step.graph}"


def _beginning(site: Site) -> Site:
    at = site
    while isinstance(at.step, FieldStep | CastStep):
        assert at.parent is not None, "field and cast steps have a parent"
        at = at.parent
    return at


def _way(site: Site) -> str:
    at = _beginning(site)
    if isinstance(at.step, EntityStep):
        return f'{_way(at.step.needs[0])} > {at.step.graph} by "{at.step.key}"'
    assert isinstance(at.step, RootStep), "chains begin at roots and entity moves"
    return at.step.graph


def _requests(site: Site, graph: QueryGraph) -> tuple[str, ...]:
    width = len(graph.graphs)
    bits = (at for at in range(site.footprint.bit_length()) if site.footprint >> at & 1)
    return tuple(f"{at // width}:{graph.graphs[at % width]}" for at in bits)
