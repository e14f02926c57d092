"""The choice of sites: exact on small inputs, bounded on large ones."""

from collections.abc import Iterator, Sequence
from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from federation.planning.choose import choose
from federation.planning.place import FieldStep, Site
from federation.planning.walk import Leaf
from federation.selection import Field

WIDTH = 3
STAGES = 3


def site(*requests: tuple[int, int]) -> Site:
    """A leaf's site that needs requests: pairs of stage and subgraph."""
    footprint = 0
    for stage, graph in requests:
        footprint |= 1 << (stage * WIDTH + graph)
    stage = max(stage for stage, _ in requests)
    return Site(FieldStep(Field("x")), None, None, stage, footprint, steps=len(requests))


def cost(sites: Sequence[Site]) -> tuple[int, int]:
    """Rounds and requests that sites need together."""
    footprint = 0
    for each in sites:
        footprint |= each.footprint
    return max((each.stage for each in sites), default=0), footprint.bit_count()


requests = st.tuples(st.integers(1, STAGES), st.integers(0, WIDTH - 1))
candidates = st.lists(
    st.sets(requests, min_size=1, max_size=3).map(lambda found: site(*sorted(found))),
    min_size=1,
    max_size=3,
)
leaves = st.lists(candidates.map(lambda found: Leaf(tuple(found), ())), min_size=1, max_size=5)


class CountedSites(tuple[Site, ...]):
    """Candidates that count how often the search branches over them."""

    branched = 0

    def __len__(self) -> int:
        CountedSites.branched += 1
        return super().__len__()


@given(leaves)
def test_the_choice_is_as_cheap_as_the_best_of_all_combinations(found: list[Leaf]) -> None:
    chosen = choose(found, WIDTH)

    everything = product(*(leaf.candidates for leaf in found))
    assert cost(chosen) == min(cost(combination) for combination in everything)


@given(leaves)
def test_every_leaf_gets_one_of_its_own_sites(found: list[Leaf]) -> None:
    chosen = choose(found, WIDTH)

    assert all(one in leaf.candidates for one, leaf in zip(chosen, found, strict=True))


@given(leaves)
def test_without_room_to_search_the_greedy_choice_stands(found: list[Leaf]) -> None:
    chosen = choose(found, WIDTH, limit=0)

    assert cost(chosen) == cost(_greedy(found))


@given(leaves, st.integers(0, 40))
def test_more_room_never_makes_the_choice_dearer(found: list[Leaf], limit: int) -> None:
    assert cost(choose(found, WIDTH, limit + 20)) <= cost(choose(found, WIDTH, limit))


def test_combinations_looked_at_stay_under_the_limit() -> None:
    apart = [
        Leaf((site((1, 0), (2, at % WIDTH)), site((1, 1), (2, (at + 1) % WIDTH))), ())
        for at in range(3)
    ]
    many = [
        replace(leaf, candidates=CountedSites((*leaf.candidates, *_tails(at))))
        for at, leaf in enumerate(apart * 20)
    ]
    CountedSites.branched = 0

    choose(many, WIDTH, limit=0)
    without_search = CountedSites.branched
    choose(many, WIDTH, limit=50)

    assert 0 < CountedSites.branched - 2 * without_search <= 50


def test_ties_go_to_the_candidate_that_stands_first() -> None:
    first, second = site((1, 0)), site((1, 1))

    assert choose([Leaf((first, second), ())], WIDTH) == [first]


def _tails(number: int) -> Iterator[Site]:
    """Sites with a request of their own, so that no two leaves look alike."""
    yield site((1, 2), (3 + number, 0), (3 + number, 1), (3 + number, 2))


def _greedy(found: list[Leaf]) -> list[Site]:
    """Leaf after leaf the site that adds least; those without a choice come first."""
    spent = 0
    for leaf in found:
        if len(leaf.candidates) == 1:
            spent |= leaf.candidates[0].footprint
    chosen: dict[tuple[int, ...], int] = {}
    for leaf in found:
        identity = tuple(each.footprint for each in leaf.candidates)
        if len(identity) > 1 and identity not in chosen:
            number = min(range(len(identity)), key=lambda at: _added(leaf.candidates[at], spent))
            chosen[identity] = number
            spent |= identity[number]
    return [
        leaf.candidates[chosen.get(tuple(each.footprint for each in leaf.candidates), 0)]
        for leaf in found
    ]


def _added(option: Site, spent: int) -> tuple[int, int, int, int]:
    together = option.footprint | spent
    return option.stage, together.bit_count(), option.steps, together
