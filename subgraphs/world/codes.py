"""Identity numbers and unified social credit codes with their check digits.

Every number made here is meant to carry a division of the unassigned province 99, so that none can
belong to a living person or a registered company.
"""

import datetime

_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def identity_number(division: str, birth_date: datetime.date, sequence: int) -> str:
    """The 18-character citizen identity number; an odd ``sequence`` is male, an even one female.

    Args:
        division: Division code of the county, 6 digits.
        birth_date: Day of birth.
        sequence: 1 to 999, distinct within the division and the day.

    Source:
        GB 11643-1999, ISO 7064 MOD 11-2.
    """
    body = f"{division}{birth_date:%Y%m%d}{sequence:03d}"
    if len(body) != 17 or not body.isascii() or not body.isdigit() or sequence < 1:
        raise ValueError(f"no identity number: {division} {birth_date} {sequence}")
    return body + _identity_check(body)


def is_identity_number(text: str) -> bool:
    """Whether ``text`` has the form, a real day of birth and the check digit of GB 11643."""
    body, check = text[:17], text[17:]
    if len(body) != 17 or not body.isascii() or not body.isdigit():
        return False
    try:
        datetime.datetime.strptime(body[6:14], "%Y%m%d")  # noqa: DTZ007  a day has no time zone
    except ValueError:
        return False
    return check == _identity_check(body)


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
    if len(body) != 17 or not set(body) <= set(_CREDIT_ALPHABET):
        raise ValueError(f"no credit code: {division} {organisation}")
    return body + _credit_check(body)


def is_credit_code(text: str) -> bool:
    """Whether ``text`` has the alphabet and both check digits of GB 32100."""
    return (
        len(text) == 18
        and set(text) <= set(_CREDIT_ALPHABET)
        and text[2:8].isdigit()
        and text[16] == organisation_check(text[8:16])
        and text[17] == _credit_check(text[:17])
    )


def organisation_check(body: str) -> str:
    """Check character of an organisation code's 8-character body.

    Source:
        GB 11714-1997.
    """
    total = sum(
        int(char, 36) * weight for char, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0123456789X"[-total % 11]


def _identity_check(body: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(body, _IDENTITY_WEIGHTS, strict=True))
    return _IDENTITY_CHECKS[total % 11]


def _credit_check(body: str) -> str:
    total = sum(
        _CREDIT_ALPHABET.index(char) * weight
        for char, weight in zip(body, _CREDIT_WEIGHTS, strict=True)
    )
    return _CREDIT_ALPHABET[-total % 31]
