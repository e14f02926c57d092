"""The choice: one site for each leaf, so that the plan as a whole is cheapest.

Exact by branch and bound as long as the number of combinations looked at stays under a limit;
beyond it the best found so far stands, which is never worse than choosing greedily.
"""

from __future__ import annotations

from collections.abc import Sequence

from federation.planning.place import Site, cost_of
from federation.planning.walk import Leaf

DEFAULT_LIMIT = 10_000
"""Combinations evaluated at most."""


def choose(leaves: Sequence[Leaf], width: int, limit: int = DEFAULT_LIMIT) -> list[Site]:
    """The site of each leaf, in order, with fewest rounds, then fewest requests, then fewest steps.

    Args:
        width: Number of subgraphs: bits of a footprint per stage.
        limit: Combinations to evaluate at most.
    """
    spent = 0
    open_choices: dict[tuple[int, ...], tuple[Site, ...]] = {}
    for leaf in leaves:
        if len(leaf.candidates) == 1:
            spent |= leaf.candidates[0].footprint
        else:
            open_choices[_identity(leaf)] = leaf.candidates
    chosen = _search(list(open_choices.items()), spent, width, limit)
    return [
        leaf.candidates[chosen[_identity(leaf)] if len(leaf.candidates) > 1 else 0]
        for leaf in leaves
    ]


def _identity(leaf: Leaf) -> tuple[int, ...]:
    """Leaves whose candidates cost the same are decided together."""
    return tuple(site.footprint for site in leaf.candidates)


def _search(
    choices: list[tuple[tuple[int, ...], tuple[Site, ...]]], spent: int, width: int, limit: int
) -> dict[tuple[int, ...], int]:
    greedy = _greedy(choices, spent)
    best_cost = _cost(spent, greedy, choices, width)
    best = dict(zip((identity for identity, _ in choices), greedy, strict=True))
    evaluated = 0
    pending: list[tuple[int, tuple[int, ...]]] = [(spent, ())]
    while pending and evaluated < limit:
        footprint, picks = pending.pop()
        evaluated += 1
        steps = sum(sites[pick].steps for (_, sites), pick in zip(choices, picks, strict=False))
        cost = (_rounds(footprint, width), footprint.bit_count(), steps, picks)
        if cost[:3] > best_cost[:3]:
            continue
        if len(picks) == len(choices):
            if cost < best_cost:
                best_cost = cost
                best = dict(zip((identity for identity, _ in choices), picks, strict=True))
            continue
        sites = choices[len(picks)][1]
        # Pushed in reverse, so that the cheapest is looked at first and the bound gets tight early.
        pending.extend(
            (footprint | sites[number].footprint, (*picks, number))
            for number in reversed(range(len(sites)))
        )
    return best


def _greedy(choices: list[tuple[tuple[int, ...], tuple[Site, ...]]], spent: int) -> tuple[int, ...]:
    picks: list[int] = []
    for _, sites in choices:
        running = spent
        number = min(range(len(sites)), key=lambda at: cost_of(sites[at], running))
        spent |= sites[number].footprint
        picks.append(number)
    return tuple(picks)


def _cost(
    spent: int,
    picks: tuple[int, ...],
    choices: list[tuple[tuple[int, ...], tuple[Site, ...]]],
    width: int,
) -> tuple[int, int, int, tuple[int, ...]]:
    steps = 0
    for (_, sites), pick in zip(choices, picks, strict=True):
        spent |= sites[pick].footprint
        steps += sites[pick].steps
    return (_rounds(spent, width), spent.bit_count(), steps, picks)


def _rounds(footprint: int, width: int) -> int:
    """The latest stage in a footprint."""
    return (footprint.bit_length() - 1) // width
