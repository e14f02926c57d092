"""Administrative division codes: containment by prefix, and sums over contained divisions."""

from collections.abc import Iterable


def prefix_of(code: str) -> str:
    """The prefix that the codes of all contained divisions share.

    6 digits name a province, city or county by pairs, where trailing pairs of zeros stand for
    "all of it"; longer codes are their own prefix.
    """
    if len(code) != 6:
        return code
    while code.endswith("00"):
        code = code[:-2]
    return code


def sum_within(code: str, parts: Iterable[tuple[str, float]]) -> float:
    """Sum of the values whose division lies in ``code``, itself included."""
    prefix = prefix_of(code)
    return sum(value for part, value in parts if part.startswith(prefix))
