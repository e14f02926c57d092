"""Rows of the human resources department: whoever is insured, and their cards."""

import datetime

from subgraphs.human_resources.models import EnrolmentStatus
from subgraphs.world.generation import World
from subgraphs.world.values import TODAY, Rows

_STATUS_BY_KIND = {
    "EMPLOYED": EnrolmentStatus.ACTIVE,
    "OWN": EnrolmentStatus.ACTIVE,
    "PAUSED": EnrolmentStatus.PAUSED,
    "RETIRED": EnrolmentStatus.RETIRED,
}
_CARD_TAKES = datetime.timedelta(days=30)


def rows(world: World) -> Rows:
    """All rows by table."""
    return {
        "insurance_enrolment": [
            {
                "enrolment_number": f"SI{livelihood.serial:08d}",
                "id_number": livelihood.person.id_number,
                "status": str(_STATUS_BY_KIND[livelihood.kind]),
                "enrolled_since": livelihood.since,
                "months_paid": livelihood.months_paid,
                "contribution_base": livelihood.contribution_base,
                "employer_credit_code": livelihood.employer and livelihood.employer.credit_code,
                "region_code": livelihood.person.place.region_code,
            }
            for livelihood in world.livelihoods
        ],
        "social_security_card": [
            {
                "certificate_number": livelihood.card_number,
                "id_number": livelihood.person.id_number,
                "issued_on": min(livelihood.since + _CARD_TAKES, TODAY),
            }
            for livelihood in world.livelihoods
        ],
    }
