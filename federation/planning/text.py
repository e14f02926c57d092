"""The canonical text of an operation plan, in the notation that federation tools share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from federation.planning.deferred import DeferredPart, deferred_parts, primary_fetches
from federation.planning.plan import (
    Conditions,
    EntityFetch,
    Fetch,
    OperationPlan,
    RepresentationField,
    ResponsePath,
    RowTest,
)
from federation.selection import Field, SelectionSet, print_selection

_INDENT = "  "


def print_plan(plan: OperationPlan) -> str:
    """The plan as indented text: a Sequence of stages, each a Parallel of fetches.

    A stage holds the fetches that can run once all earlier stages have ended; execution starts each
    as soon as what it waits for has ended, which may be sooner. Rows that are tested before they
    are released follow as comments.
    """
    body = _deferring(plan) if plan.deferrals else _sequence(plan.fetches, plan.fetches)
    tests = map(_print_test, plan.row_tests)
    return "\n".join(["QueryPlan {", *_indented(body), "}", *tests]) + "\n"


def _print_test(test: RowTest) -> str:
    if not test.columns:
        return f"# no {test.type} at {print_path(test.path)}"
    columns = " ".join(name for name, _ in test.columns)
    return f"# {test.type} at {print_path(test.path)} by {columns}"


def print_path(path: ResponsePath) -> str:
    """A path as ``topProducts.@.reviews``, type conditions as ``node|[Book]``."""
    text = ""
    for step in path:
        if step.startswith("|"):
            text += f"|[{step[1:].replace('|', ',')}]"
        else:
            text += f".{step}" if text else step
    return text


def stage_numbers(fetches: Iterable[Fetch]) -> dict[int, int]:
    """The stage of each fetch by id; the first stage is 1."""
    numbers: dict[int, int] = {}
    for fetch in fetches:
        numbers[fetch.id] = 1 + max((numbers[other] for other in fetch.after), default=0)
    return numbers


def _deferring(plan: OperationPlan) -> list[str]:
    """The first part of the response, then each deferred one with what is fetched for it alone.

    Fetches that a deferred part waits for are named by their ids.
    """
    parts = deferred_parts(plan)
    named = frozenset(earlier for part in parts for earlier in part.depends)
    body = ["Primary {", *_indented(_sequence(primary_fetches(plan), plan.fetches, named)), "}, ["]
    for part in parts:
        body += _indented(_deferred(part, plan.fetches, named))
        body[-1] += ","
    return ["Defer {", *_indented([*body, "]"]), "}"]


def _deferred(part: DeferredPart, every: Sequence[Fetch], named: frozenset[int]) -> list[str]:
    deferral = part.condition.deferral
    said = [f"depends: [{', '.join(map(str, part.depends))}]", f'path: "{".".join(part.path)}"']
    if deferral.label is not None:
        said.append(f"label: {json.dumps(deferral.label, ensure_ascii=False)}")
    if part.condition.variable:
        said.append(f"if: ${part.condition.variable}")
    kind = "Streamed" if deferral.is_stream else "Deferred"
    body = _sequence(part.fetches, every, named)
    return [f"{kind}({', '.join(said)}) {{", *_indented(body), "}"]


def _sequence(
    fetches: Sequence[Fetch], every: Sequence[Fetch], named: frozenset[int] = frozenset()
) -> list[str]:
    """Some of a plan's fetches by their stages."""
    body = [_stage(stage, named) for stage in _stages(fetches, every)]
    if len(body) == 1:
        return body[0]
    return _block("Sequence", body) if body else []


def _stages(fetches: Sequence[Fetch], every: Sequence[Fetch]) -> Iterator[list[Fetch]]:
    stages = stage_numbers(every)
    numbers = {fetch.id: stages[fetch.id] for fetch in fetches}
    for stage in sorted(set(numbers.values())):
        yield [fetch for fetch in fetches if numbers[fetch.id] == stage]


def _stage(fetches: list[Fetch], named: frozenset[int]) -> list[str]:
    if len(fetches) == 1:
        return _fetch(fetches[0], named)
    return _block("Parallel", [_fetch(fetch, named) for fetch in fetches])


def _fetch(fetch: Fetch, named: frozenset[int]) -> list[str]:
    number = f", id: {fetch.id}" if fetch.id in named else ""
    head = f'Fetch(service: "{fetch.subgraph}"{number})'
    if not fetch.entities:
        lines = [f"{head} {{", *_indented(_selections(fetch.selections)), "}"]
        lines = lines if not fetch.path else _flatten((fetch.path,), lines)
        return _when(fetch.conditions, lines)
    if len(fetch.entities) == 1:
        entity = fetch.entities[0]
        call = [f"{head} {{", *_indented(_entity(entity)), "}"]
        return _when(fetch.conditions, _flatten(entity.paths, call))
    calls = [
        _when(entity.conditions, _flatten(entity.paths, ["{", *_indented(_entity(entity)), "}"]))
        for entity in fetch.entities
    ]
    return _block(head, calls)


def _entity(entity: EntityFetch) -> list[str]:
    typename = f'__typename: "{entity.typename}"' if entity.typename else "__typename"
    needed = [typename, *(line for field in entity.representation for line in _needed(field))]
    lines = ["{", *_indented(needed), "} =>", "{", *_indented(_selections(entity.selections)), "}"]
    for value in entity.context:
        holder = print_path(entity.paths[0][: value.depth]) or "the root"
        taken = [line for field in value.fields for line in _needed(field)]
        lines = [f"${value.variable} <- {holder} {{", *_indented(taken), "}", *lines]
    for fallback in entity.fallbacks:
        lines += _block_of("Otherwise", _entity(fallback))
    return lines


def _needed(field: RepresentationField) -> list[str]:
    source = "" if field.source == field.name else f" <- {field.source}"
    types = f" on {'|'.join(sorted(field.types))}" if field.types is not None else ""
    if not field.fields:
        return [f"{field.name}{source}{types}"]
    inner = [line for each in field.fields for line in _needed(each)]
    return [f"{field.name}{source}{types} {{", *_indented(inner), "}"]


def _selections(selections: SelectionSet) -> list[str]:
    lines: list[str] = []
    for selection in selections:
        if not selection.selections:
            lines.append(print_selection(selection))
            continue
        if isinstance(selection, Field):
            bare = Field(
                selection.name,
                selection.alias,
                selection.arguments,
                (),
                selection.conditions,
            )
            head = print_selection(bare)
        else:
            head = f"... on {selection.type_condition}"
        lines += [f"{head} {{", *_indented(_selections(selection.selections)), "}"]
    return lines


def _flatten(paths: Sequence[ResponsePath], lines: list[str]) -> list[str]:
    """What is done with the objects of one place, or of several alike."""
    if len(paths) == 1:
        return [f'Flatten(path: "{print_path(paths[0])}") {{', *_indented(lines), "}"]
    quoted = [f'"{print_path(path)}"' for path in paths]
    return ["Flatten(paths: [", *_indented(quoted), "]) {", *_indented(lines), "}"]


def _when(conditions: Conditions, lines: list[str]) -> list[str]:
    if not conditions:
        return lines
    text = " or ".join(" ".join(map(str, each)) for each in conditions)
    return [f"Include(when: {text}) {{", *_indented(lines), "}"]


def _block_of(head: str, lines: list[str]) -> list[str]:
    return [f"{head} {{", *_indented(lines), "}"]


def _block(head: str, bodies: list[list[str]]) -> list[str]:
    lines = [f"{head} {{"]
    for body in bodies:
        lines += _indented(body)
        lines[-1] += ","
    return [*lines, "}"]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"{_INDENT}{line}" for line in lines]
