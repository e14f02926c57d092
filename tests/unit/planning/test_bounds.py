"""Hostile inputs: planning stays within its limits however the subgraphs overlap."""

from random import Random

import pytest
from msgspec.structs import replace

from federation.errors import OperationTooLarge
from federation.planning import PlannerLimits, planner
from federation.planning.choose import choose
from federation.planning.place import MAX_ALTERNATIVES, Site
from federation.planning.walk import Leaf
from federation.supergraph.model import Supergraph
from tests.support.planned import composed, planned

SUBGRAPHS = 12
LEVELS = 12


class CountedSites(tuple[Site, ...]):
    """Candidates that count how often the search branches over them."""

    branched = 0

    def __len__(self) -> int:
        CountedSites.branched += 1
        return super().__len__()


@pytest.fixture
def leaves(monkeypatch: pytest.MonkeyPatch) -> list[Leaf]:
    """The leaves of the next plan, their candidates counted by the real choice."""
    seen: list[Leaf] = []

    def counting(found: list[Leaf], width: int, limit: int) -> list[Site]:
        seen.extend(replace(each, candidates=CountedSites(each.candidates)) for each in found)
        CountedSites.branched = 0
        return choose(seen, width, limit)

    monkeypatch.setattr(planner, "choose", counting)
    return seen


def overlapping() -> Supergraph:
    """Every subgraph resolves everything, by four keys."""
    keys = " ".join(f'@key(fields: "k{at}")' for at in range(4))
    fields = " ".join(f"k{at}: ID! @shareable" for at in range(4))
    return composed(
        {
            f"s{at:02}": f"""
                type Query {{ nodes: [Node] @shareable }}
                type Node {keys} {{
                    {fields} value: Int @shareable next: Node @shareable own{at}: Int
                }}
            """
            for at in range(SUBGRAPHS)
        }
    )


def alternating() -> Supergraph:
    """Each level is known to one half of the subgraphs, the next level to the other."""
    return composed(
        {
            f"s{at:02}": ("type Query { start: Node } " if at == 0 else "")
            + 'type Node @key(fields: "id") { id: ID! @shareable leaf: Int @shareable '
            + " ".join(
                f"n{level}: Node @shareable" for level in range(LEVELS) if level % 2 != at % 2
            )
            + "}"
            for at in range(SUBGRAPHS)
        }
    )


def covering(fields: int, holders: int) -> Supergraph:
    """Each field is held by some subgraphs at random: a set cover."""
    random = Random(1)
    held = {at: random.sample(range(SUBGRAPHS), holders) for at in range(fields)}
    return composed(
        {
            f"s{at:02}": ("type Query { start: Node } " if at == 0 else "")
            + 'type Node @key(fields: "id") { id: ID! @shareable '
            + " ".join(f"f{name}: Int @shareable" for name, has in held.items() if at in has)
            + "}"
            for at in range(SUBGRAPHS)
        }
    )


def nested(levels: int) -> str:
    text = "leaf"
    for level in reversed(range(levels)):
        text = f"n{level} {{ {text} }}"
    return f"{{ start {{ {text} }} }}"


def test_what_one_subgraph_resolves_alone_is_one_request_at_any_depth(leaves: list[Leaf]) -> None:
    text = "value"
    for _ in range(LEVELS):
        text = f"value next {{ {text} }}"

    plan = planned(overlapping(), f"{{ nodes {{ {text} }} }}")

    assert len(plan.fetches) == 1
    assert len(leaves) == LEVELS + 1


def test_many_root_fields_are_one_request_for_each_subgraph_needed(leaves: list[Leaf]) -> None:
    roots = (f"r{at}: nodes {{ own{at % SUBGRAPHS} next {{ value }} }}" for at in range(40))

    plan = planned(overlapping(), f"{{ {' '.join(roots)} }}")

    assert len(plan.fetches) == SUBGRAPHS
    assert all(not fetch.entities for fetch in plan.fetches)
    assert len(leaves) == 80


def test_ways_do_not_multiply_with_the_depth(leaves: list[Leaf]) -> None:
    plan = planned(alternating(), nested(LEVELS))

    assert len(plan.fetches) == LEVELS + 1
    assert max(map(tuple.__len__, (leaf.candidates for leaf in leaves))) <= MAX_ALTERNATIVES


@pytest.mark.parametrize("limit", [0, 10, 1_000])
def test_the_search_for_a_cover_stops_at_its_limit(leaves: list[Leaf], limit: int) -> None:
    fields = " ".join(f"f{at}" for at in range(40))

    plan = planned(covering(40, 3), f"{{ start {{ {fields} }} }}", PlannerLimits(limit))

    before_the_search = 2 * len(leaves)
    assert CountedSites.branched <= before_the_search + len(leaves) + limit
    assert len(plan.fetches) <= SUBGRAPHS


def test_a_short_text_that_stands_for_very_many_values_is_refused() -> None:
    names = [f"T{at}" for at in range(8)]
    union = f"union U = {' | '.join(names)}"

    def knowing(parity: int) -> str:
        types = (
            f'type {name} {"implements I " if at % 2 == parity else ""}@key(fields: "id") '
            f"{{ id: ID! @shareable {'next: U' if at % 2 == parity else ''} }}"
            for at, name in enumerate(names)
        )
        return f"{union} interface I {{ id: ID! next: U }} {' '.join(types)}"

    supergraph = composed({"a": f"type Query {{ start: U }} {knowing(0)}", "b": knowing(1)})
    text = "... on I { id }"
    for _ in range(8):
        text = f"... on I {{ next {{ {text} }} }}"

    with pytest.raises(OperationTooLarge) as refused:
        planned(supergraph, f"{{ start {{ {text} }} }}", PlannerLimits(leaves=500))

    assert refused.value.extensions == {"limit": "leaves", "allowed": 500}
