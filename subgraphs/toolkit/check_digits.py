"""Check digits of identity numbers and unified social credit codes."""

import datetime

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS = "10X98765432"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def is_identity_number(text: str) -> bool:
    """Whether ``text`` has the form, a real day of birth and the check digit of GB 11643."""
    body, check = text[:17], text[17:]
    if len(body) != 17 or not body.isascii() or not body.isdigit():
        return False
    try:
        datetime.datetime.strptime(body[6:14], "%Y%m%d")  # noqa: DTZ007  a day has no time zone
    except ValueError:
        return False
    return check == identity_check(body)


def is_credit_code(text: str) -> bool:
    """Whether ``text`` has the alphabet and both check digits of GB 32100."""
    return (
        len(text) == 18
        and set(text) <= set(CREDIT_ALPHABET)
        and text[2:8].isdigit()
        and text[16] == organisation_check(text[8:16])
        and text[17] == credit_check(text[:17])
    )


def identity_check(body: str) -> str:
    """Check character of an identity number's first 17 digits.

    Source:
        GB 11643-1999, ISO 7064 MOD 11-2.
    """
    total = sum(int(digit) * weight for digit, weight in zip(body, _IDENTITY_WEIGHTS, strict=True))
    return _IDENTITY_CHECKS[total % 11]


def organisation_check(body: str) -> str:
    """Check character of an organisation code's 8-character body.

    Source:
        GB 11714-1997.
    """
    total = sum(
        int(char, 36) * weight for char, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0123456789X"[-total % 11]


def credit_check(body: str) -> str:
    """Check character of a credit code's first 17 characters.

    Source:
        GB 32100-2015.
    """
    total = sum(
        CREDIT_ALPHABET.index(char) * weight
        for char, weight in zip(body, _CREDIT_WEIGHTS, strict=True)
    )
    return CREDIT_ALPHABET[-total % 31]
