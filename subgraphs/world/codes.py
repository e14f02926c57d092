"""Identity numbers and unified social credit codes with their check digits.

Every number made here is meant to carry a division of the unassigned province 99, so that none can
belong to a living person or a registered company.
"""

import datetime

from subgraphs.toolkit.check_digits import (
    CREDIT_ALPHABET,
    credit_check,
    identity_check,
    organisation_check,
)


def identity_number(division: str, birth_date: datetime.date, sequence: int) -> str:
    """The 18-character citizen identity number; an odd ``sequence`` is male, an even one female.

    Args:
        division: Division code of the county, 6 digits.
        birth_date: Day of birth.
        sequence: 1 to 999, distinct within the division and the day.

    Source:
        GB 11643-1999.
    """
    body = f"{division}{birth_date:%Y%m%d}{sequence:03d}"
    if len(body) != 17 or not body.isascii() or not body.isdigit() or sequence < 1:
        raise ValueError(f"no identity number: {division} {birth_date} {sequence}")
    return body + identity_check(body)


def credit_code(division: str, organisation: str) -> str:
    """The 18-character unified social credit code of an enterprise.

    Args:
        division: Division code of the registering county, 6 digits.
        organisation: Body of the organisation code, 8 characters without its check digit.

    Source:
        GB 32100-2015; the organisation code inside it GB 11714-1997.
    """
    # 9 = registered by market regulation, 1 = enterprise.
    body = f"91{division}{organisation}{organisation_check(organisation)}"
    if len(body) != 17 or not set(body) <= set(CREDIT_ALPHABET):
        raise ValueError(f"no credit code: {division} {organisation}")
    return body + credit_check(body)
