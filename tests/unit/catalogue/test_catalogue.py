"""The catalogue: grades in effect, owners, and what the policies get to see."""

from federation.catalogue import Catalogue, Item, build_catalogue, direct_requirements
from federation.supergraph.governance import SharingClass
from tests.unit.access.world import supergraph


def catalogue() -> Catalogue:
    return build_catalogue(supergraph())


def item(coordinate: str) -> Item:
    found = catalogue().item(*coordinate.split(".", 1))
    assert found is not None, coordinate
    return found


def grade(coordinate: str) -> tuple[int | None, SharingClass | None]:
    found = item(coordinate).grade
    return found.level, found.sharing


def test_field_inherits_from_its_type_what_it_does_not_say() -> None:
    assert grade("Citizen.name") == (2, SharingClass.CONDITIONAL)
    assert grade("Citizen.idNumber") == (3, SharingClass.CONDITIONAL)
    assert grade("Citizen.regionCode") == (1, SharingClass.UNCONDITIONAL)


def test_level_without_a_sharing_class_decides_it() -> None:
    assert grade("Car.label") == (1, SharingClass.UNCONDITIONAL)
    assert grade("Boat.label") == (3, SharingClass.CONDITIONAL)


def test_agreed_derivation_keeps_its_own_grade_and_names_its_inputs() -> None:
    assert grade("Citizen.limit") == (2, SharingClass.CONDITIONAL)
    assert item("Citizen.limit").agreed == ("Citizen.income",)


def test_field_computed_without_agreement_is_shared_no_more_than_its_inputs() -> None:
    assert grade("Citizen.limitBase") == (4, SharingClass.NOT_SHARED)
    assert grade("Citizen.bonus") == (4, SharingClass.NOT_SHARED)
    assert item("Citizen.bonus").agreed == ()


def test_plumbing_is_open_and_other_ungraded_fields_stay_so() -> None:
    assert grade("Query.citizens") == (1, SharingClass.UNCONDITIONAL)
    assert grade("CitizenConnection.totalCount") == (1, SharingClass.UNCONDITIONAL)
    assert item("CitizenEdge.node").structural
    assert grade("Query.headcount") == (None, None)
    assert grade("Mutation.rename") == (2, SharingClass.CONDITIONAL)


def test_count_of_a_connection_is_derived_from_its_rows() -> None:
    assert item("CitizenConnection.totalCount").derived_from == ("Citizen",)


def test_unexplained_argument_is_as_strict_as_what_it_could_test() -> None:
    # The strictest of Citizen's fields, not of the connection in between.
    assert grade("Query.citizens(mystery:)") == (4, SharingClass.NOT_SHARED)
    assert catalogue().item("Query", "citizens(first:)") is None
    assert catalogue().item("Query", "citizen(idNumber:)") is None


def test_owners_are_the_subgraphs_that_resolve_the_field() -> None:
    assert item("Citizen.income").owners == ("tax",)
    assert item("Citizen.limit").owners == ("fund",)


def test_policies_see_only_facts_that_are_known() -> None:
    data = catalogue().policy_data()
    assert data["fields"]["Citizen.limit"] == {
        "type": "Citizen",
        "returns": "Int",
        "owners": {"fund": True},
        "level": 2,
        "sharing": "CONDITIONAL",
        "agreed": {"Citizen.income": True},
    }
    assert "level" not in data["fields"]["Query.headcount"]
    assert data["types"]["Account"] == {"owners": {"fund": True}, "subject": "owner"}
    assert data["types"]["Citizen"]["region"] == "regionCode"


def test_requirements_are_found_over_all_subgraphs() -> None:
    found = direct_requirements(supergraph())
    assert found["Citizen", "bonus"] == {("Citizen", "limitBase")}
    assert found["Citizen", "limitBase"] == {("Citizen", "income")}
