"""Audited verdicts: what the policies decided, and what the decision as a whole closes."""

from functools import partial
from typing import Any

from federation.gateway.recording import audited_verdicts
from tests.support.decided import decided
from tests.unit.access.world import CONSENT, decide, index, question

SUBJECT = {"field": "idNumber", "op": "eq", "value": "S"}
TEXT = "{ citizen(idNumber: 1) { name nick } }"


def told(text: str = TEXT, **changes: Any) -> dict[str, tuple[str, str]]:
    """Effect and rule of each coordinate, in the record of an operation under this decision."""
    request = question(text, consents=(CONSENT,))
    decision = decided(request, index(), partial(decide, **changes))
    return {
        f"{coordinate} {group.use or 'select'}": (group.effect, group.rule)
        for group in audited_verdicts(decision, index())
        for coordinate in group.coordinates
    }


def test_field_whose_consent_confines_no_rows_is_denied_by_the_gateway() -> None:
    found = told(consented=["Citizen.name"])

    assert found["Citizen.name select"] == ("deny", "gateway:consent_unbound")
    assert found["Citizen.nick select"] == ("allow", "test")


def test_test_by_what_such_a_consent_opened_is_denied_as_well() -> None:
    found = told(consented=["Citizen.idNumber"])

    assert found["Citizen.idNumber filter"] == ("deny", "gateway:consent_unbound")


def test_field_whose_consent_confines_the_rows_is_as_the_policies_decided() -> None:
    found = told(consented=["Citizen.name"], filters={"Citizen": SUBJECT})

    assert found["Citizen.name select"] == ("allow", "test")


def test_field_whose_mask_does_not_suit_it_is_denied_by_the_gateway() -> None:
    found = told(masked={"Citizen.name": "year", "Citizen.nick": "initial"})

    assert found["Citizen.name select"] == ("deny", "gateway:mask_unsuitable")
    assert found["Citizen.nick select"] == ("mask", "test")


def test_field_that_tells_of_rows_without_a_right_is_denied_by_the_gateway() -> None:
    types = [".".join(place) for place in index().rows["Citizen"]]

    found = told(denied=types)

    assert found["Query.citizen select"] == ("deny", "gateway:row_right_required")
    assert found["Citizen.name select"] == ("deny", "test")
