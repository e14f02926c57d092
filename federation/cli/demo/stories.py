"""The five stories: who asks what, and what must come back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from federation.cli.demo import truth
from federation.cli.demo.departments import Departments
from subgraphs.world import demo

OPERATIONS = Path(__file__).parent / "operations"
COUNTY = "990102"
CONSENTED_FIELDS = (
    "Citizen.creditRating",
    "Citizen.housingFund",
    "Citizen.idNumber",
    "Citizen.loanLimit",
    "Citizen.name",
    "Citizen.socialInsurance",
    "HousingFundAccount.balance",
    "HousingFundAccount.status",
    "InsuranceEnrolment.monthsPaid",
    "InsuranceEnrolment.status",
)

Expect = Callable[[Departments], Awaitable[Any]]
"""The data that a run must answer with, from what the departments say."""


@dataclass(frozen=True, slots=True)
class Run:
    """One story told by one caller.

    Attributes:
        operation: Name of the operation and of its file.
        says: What the run shows, for the table.
        expect: Its data.
        consent_of: Identity number of the person whose consent goes with it.
        masked: Coordinates that must be masked, and no others.
        denied: Reason by coordinate of what must be refused, and no others.
        withheld: The same of what is refused for its value, by the answer expected.
        departments: That must be asked, and no others.
    """

    operation: str
    caller: str
    says: str
    expect: Expect
    variables: dict[str, Any] = field(default_factory=dict)
    consent_of: str | None = None
    masked: frozenset[str] = frozenset()
    denied: dict[str, str] = field(default_factory=dict)
    withheld: Callable[[Any], dict[str, str]] = lambda _: {}
    departments: frozenset[str] = frozenset()


def operation_text(name: str) -> str:
    """The text of a story's operation."""
    return (OPERATIONS / f"{name}.graphql").read_text()


def _exactly(data: Any) -> Expect:
    async def expected(_: Departments) -> Any:
        return data

    return expected


def _loan(consents: bool, about: demo.DemoPerson, caller: str, **more: Any) -> Run:
    return Run(
        operation="LoanPreApproval",
        caller=caller,
        variables={"idNumber": about.id_number},
        consent_of=demo.CONSENTING.id_number if consents else None,
        **more,
    )


RUNS: tuple[Run, ...] = (
    _loan(
        True,
        demo.CONSENTING,
        "bank-app",
        says="with the citizen's consent",
        expect=lambda departments: truth.loan(departments, demo.CONSENTING.id_number),
        masked=frozenset({"Citizen.name"}),
        departments=frozenset({"public_security", "tax", "housing_fund", "human_resources"}),
    ),
    _loan(
        False,
        demo.CONSENTING,
        "bank-app",
        says="without consent",
        expect=_exactly({"citizen": None}),
        denied={"Query.citizen": "clearance_too_low, consent_required"},
    ),
    _loan(
        True,
        demo.OTHER,
        "bank-app",
        says="one citizen's consent, another's data",
        expect=_exactly({"citizen": None}),
        masked=frozenset({"Citizen.name"}),
        departments=frozenset({"public_security"}),
    ),
    Run(
        operation="PropertyRegistration",
        caller="registry-clerk",
        says="one query instead of five counters",
        variables={"propertyNumber": demo.SHARED_PROPERTY},
        expect=lambda departments: truth.property_record(departments, demo.SHARED_PROPERTY),
        departments=frozenset(
            {"natural_resources", "public_security", "market_regulation", "tax", "housing_fund"}
        ),
    ),
    Run(
        operation="CountyCitizens",
        caller="county-officer",
        says="the county's own rows",
        variables={"first": 5},
        expect=lambda departments: truth.county(departments, COUNTY, 5),
        masked=frozenset({"Citizen.idNumber"}),
        departments=frozenset({"public_security"}),
    ),
    Run(
        operation="CityDashboard",
        caller="city-dashboard",
        says="counts only",
        expect=truth.dashboard,
        withheld=truth.withheld,
        departments=frozenset(
            {
                "natural_resources",
                "public_security",
                "market_regulation",
                "human_resources",
                "housing_fund",
                "health",
                "education",
            }
        ),
    ),
    Run(
        operation="CountyCitizens",
        caller="city-dashboard",
        says="personal fields are out of reach",
        variables={"first": 5},
        expect=_exactly(None),
        denied=dict.fromkeys(
            ("Citizen.idNumber", "Citizen.name", "Citizen.sex", "Citizen.birthDate"),
            "clearance_too_low, grant_required",
        ),
        departments=frozenset({"public_security"}),
    ),
    Run(
        operation="SchoolEnrolmentCheck",
        caller="school-clerk",
        says="yes or no instead of the record",
        variables={"idNumber": demo.PUPIL.id_number, "school": demo.SCHOOL_CODE},
        expect=lambda departments: truth.enrolment(
            departments, demo.PUPIL.id_number, demo.SCHOOL_CODE
        ),
        masked=frozenset({"Citizen.name", "Address.text"}),
        departments=frozenset({"public_security", "education"}),
    ),
    Run(
        operation="SchoolEnrolmentCheck",
        caller="police-officer",
        says="the department whose record it is",
        variables={"idNumber": demo.PUPIL.id_number, "school": demo.SCHOOL_CODE},
        expect=lambda departments: truth.enrolment(
            departments, demo.PUPIL.id_number, demo.SCHOOL_CODE, masked=False
        ),
        departments=frozenset({"public_security", "education"}),
    ),
)
