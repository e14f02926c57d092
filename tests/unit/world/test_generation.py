"""One world for one seed, of plausible people, with exactly the promised faults."""

import os
import subprocess
import sys
from collections import Counter
from random import Random

import pytest

from subgraphs.toolkit.check_digits import is_credit_code, is_identity_number
from subgraphs.world import demo
from subgraphs.world.generation import World
from subgraphs.world.livelihoods import HIGHEST_SCORE, LOWEST_SCORE
from subgraphs.world.people import build_households
from subgraphs.world.values import STALE_AFTER, TODAY, Livelihood, Person

_PRINT_DIGEST = """
from hashlib import sha256
from subgraphs.world.departments import DEPARTMENTS, rows_of
from subgraphs.world.generation import World

world = World.generate("small", seed=SEED)
print(sha256(repr([rows_of(name, world) for name in DEPARTMENTS]).encode()).hexdigest())
"""


def _digest(seed: int, hash_seed: str) -> str:
    """Of all rows, made by a process of its own, so that no cache or hash order is shared."""
    program = _PRINT_DIGEST.replace("SEED", str(seed))
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    finished = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment
    )
    return finished.stdout.strip()


def test_equal_seeds_give_equal_rows_in_different_processes() -> None:
    assert _digest(1, hash_seed="1") == _digest(1, hash_seed="2")


def test_other_seeds_give_other_rows() -> None:
    assert World.generate("small", seed=1).people != World.generate("small", seed=2).people


def test_an_unknown_size_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no such size: huge; known: full, small"):
        World.generate("huge")


def test_more_citizens_than_homes_hold_are_refused(small: World) -> None:
    with pytest.raises(ValueError, match="10 homes are too few for 400 citizens"):
        build_households(Random(1), small.homes[:10], 400)


def test_the_full_world_has_the_numbers_of_the_demo(full: World) -> None:
    assert len(full.people) == 20_000
    assert len(full.companies) == 2_000
    assert len(full.properties) == 12_000
    assert len(full.encounters) == 30_000
    assert len(full.facilities) == 60
    assert len(full.schools) == 90
    assert 6_500 <= len(full.households) <= 7_500
    assert 10_500 <= len(full.livelihoods) <= 12_000
    assert 2_600 <= len(full.enrolments) <= 3_300


def test_the_small_world_has_400_citizens_and_40_companies(small: World) -> None:
    assert (len(small.people), len(small.companies)) == (400, 40)


@pytest.mark.parametrize("size", ["small", "full"])
def test_exactly_five_percent_of_addresses_are_stale(
    size: str, request: pytest.FixtureRequest
) -> None:
    world: World = request.getfixturevalue(size)

    places = world.homes + world.premises
    stale = [place for place in places if place.is_stale]

    assert len(stale) * 20 == len(places)
    for place in places:
        assert (place.recorded_region_code != place.region_code) == place.is_stale
        assert (place.recorded_text != place.text) == place.is_stale
        assert (TODAY - place.verified_on > STALE_AFTER) == place.is_stale


def test_exactly_eight_percent_of_company_scopes_are_stale(full: World) -> None:
    scopes = {c.trade: c.scope for c in full.companies if not c.scope_is_stale}
    stale = [company for company in full.companies if company.scope_is_stale]

    assert len(stale) * 100 == 8 * len(full.companies)
    assert all(company.scope != scopes[company.trade] for company in stale)


def test_stale_scopes_of_the_small_world_are_eight_percent_to_the_nearest_company(
    small: World,
) -> None:
    assert sum(company.scope_is_stale for company in small.companies) == round(0.08 * 40)


def test_every_number_is_valid_unique_and_of_an_unassigned_division(full: World) -> None:
    numbers = [person.id_number for person in full.people]
    codes = [company.credit_code for company in full.companies]

    assert all(is_identity_number(number) and number.startswith("9901") for number in numbers)
    assert all(is_credit_code(code) and code[2:6] == "9901" for code in codes)
    assert len(set(numbers)) == len(numbers)
    assert len(set(codes)) == len(codes)
    assert len({person.person_id for person in full.people}) == len(full.people)


def test_identity_numbers_tell_birth_date_and_sex(full: World) -> None:
    for person in full.people:
        assert person.id_number[6:14] == f"{person.birth_date:%Y%m%d}"
        assert (int(person.id_number[16]) % 2 == 1) == (person.sex == "MALE")


def test_phone_numbers_are_none_that_a_network_gives_out(full: World) -> None:
    phones = [person.phone for person in full.people if person.phone is not None]

    assert len(phones) > 15_000
    assert all(len(phone) == 11 and phone.startswith("1000") for phone in phones)


def test_households_are_headed_by_adults_and_have_room_for_their_members(full: World) -> None:
    for household in full.households:
        ages = [member.age for member in household.members]
        assert ages[0] >= 22
        assert 1 <= len(ages) <= 6
        assert all(member.place is household.place for member in household.members)
    members = [member for household in full.households for member in household.members]
    assert members == full.people


def test_every_child_lives_with_somebody_22_to_43_years_older(full: World) -> None:
    for household in full.households:
        for child in household.members:
            if child.age < 18:
                gaps = [other.age - child.age for other in household.members]
                assert any(22 <= gap <= 43 for gap in gaps)


def test_all_ages_occur_and_nobody_is_older_than_a_hundred(full: World) -> None:
    ages = Counter(person.age // 10 for person in full.people)

    assert set(ages) == set(range(max(ages) + 1))
    assert max(person.age for person in full.people) <= 100
    assert 0.15 <= sum(person.age >= 60 for person in full.people) / len(full.people) <= 0.25


def test_only_the_employed_have_an_employer_and_only_a_trading_one(full: World) -> None:
    for livelihood in full.livelihoods:
        assert (livelihood.employer is not None) == (livelihood.kind == "EMPLOYED")
        assert livelihood.employer is None or livelihood.employer.status == "ACTIVE"


def test_incomes_scores_and_months_are_plausible(full: World) -> None:
    incomes = sorted(_income(livelihood) for livelihood in full.livelihoods if _income(livelihood))

    assert 6_000_000 <= incomes[len(incomes) // 2] <= 13_000_000
    for livelihood in full.livelihoods:
        person, since = livelihood.person, livelihood.since
        assert LOWEST_SCORE <= livelihood.credit_score <= HIGHEST_SCORE
        assert 0 <= livelihood.months_paid <= (TODAY - since).days / 30
        assert since.year - person.birth_date.year >= 17


def test_representatives_are_grown_up_and_represent_one_company(full: World) -> None:
    representatives = [company.representative for company in full.companies]

    assert len({person.id_number for person in representatives}) == len(representatives)
    assert all(25 <= person.age <= 68 for person in representatives)
    named = {person.id_number for person in demo.PEOPLE}
    assert not named & {person.id_number for person in representatives}


def test_shares_of_a_property_add_up_to_the_whole(full: World) -> None:
    for unit in full.properties:
        assert sum(ownership.share for ownership in unit.owners) == 1.0
        first = unit.owners[0].owner
        if isinstance(first, Person):
            assert unit.registered_on.year - first.birth_date.year >= 19


def _income(livelihood: Livelihood) -> int:
    return livelihood.income_by_year.get(2025, 0)
