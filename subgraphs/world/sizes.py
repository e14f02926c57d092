"""The sizes and the usual seed of the world; free of imports, for those who only name a size."""

CITIZENS_BY_SIZE: dict[str, int] = {"full": 20_000, "small": 400}
"""Citizens per size; companies, homes and all else follow from it."""

DEFAULT_SEED = 809


def check_size(size: str) -> str:
    """``size`` itself, if it is one.

    Raises:
        ValueError: No such size.
    """
    if size not in CITIZENS_BY_SIZE:
        raise ValueError(f"no such size: {size}; known: {', '.join(CITIZENS_BY_SIZE)}")
    return size
