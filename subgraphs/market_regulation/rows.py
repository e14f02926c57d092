"""Rows of the market regulation department: companies, licences, the index of all certificates."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from subgraphs.market_regulation.models import CertificateKind
from subgraphs.world.generation import World
from subgraphs.world.values import Company, Person, Rows


def rows(world: World) -> Rows:
    """All rows by table."""
    employees = Counter(
        livelihood.employer.credit_code for livelihood in world.livelihoods if livelihood.employer
    )
    return {
        "company": [
            {
                "credit_code": company.credit_code,
                "name": company.name,
                "status": company.status,
                "business_scope": company.scope,
                "scope_is_stale": company.scope_is_stale,
                "registered_on": company.registered_on,
                "registered_capital": company.capital,
                "region_code": company.place.region_code,
                "address_id": company.place.address_id,
                "legal_representative_id_number": company.representative.id_number,
                "legal_representative_name": company.representative.name,
                # As declared with the last annual report, when a tenth had not been hired yet.
                "employee_count": employees[company.credit_code] * 9 // 10,
            }
            for company in world.companies
        ],
        "licence": [
            {
                "licence_number": licence.licence_number,
                "kind": licence.kind,
                "credit_code": licence.company.credit_code,
                "certificate_number": licence.certificate_number,
                "valid_until": licence.valid_until,
            }
            for licence in world.licences
        ],
        "certificate": list(_index_certificates(world)),
    }


def _index_certificates(world: World) -> Iterator[dict[str, Any]]:
    for licence in world.licences:
        if licence.certificate_number is not None:
            yield _entry(
                licence.certificate_number, CertificateKind.BUSINESS_LICENCE, licence.company
            )
    for unit in world.properties:
        yield _entry(
            unit.certificate_number, CertificateKind.PROPERTY_CERTIFICATE, unit.owners[0].owner
        )
    for livelihood in world.livelihoods:
        yield _entry(
            livelihood.card_number, CertificateKind.SOCIAL_SECURITY_CARD, livelihood.person
        )
    for diploma in world.diplomas:
        yield _entry(diploma.certificate_number, CertificateKind.DIPLOMA, diploma.holder)


def _entry(number: str, kind: CertificateKind, holder: Person | Company) -> dict[str, Any]:
    return {
        "certificate_number": number,
        "kind": str(kind),
        "holder_id_number": holder.id_number if isinstance(holder, Person) else None,
        "holder_credit_code": holder.credit_code if isinstance(holder, Company) else None,
    }
