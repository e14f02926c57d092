"""Which labels of progressive overrides are switched on for a request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

_PERCENT = re.compile(r"^percent\((?P<share>\d+(\.\d+)?)\)$")


def active_labels(
    labels: Iterable[str], shares: Mapping[str, float], request_id: str
) -> frozenset[str]:
    """The labels switched on for one request; each for its share of all requests.

    A request draws one number for all its labels, so that one with a larger share is on wherever
    one with a smaller share is, and there are few combinations to plan for. The number follows from
    the request's id: every event of a subscription draws the same.

    Args:
        labels: Those of the supergraph.
        shares: Per cent by label, from the settings.
        request_id: Unique to the request.
    """
    wanted = {label: _share(label, shares) for label in labels}
    if not any(wanted.values()):
        return frozenset()
    digest = hashlib.blake2b(request_id.encode(), digest_size=8).digest()
    drawn = int.from_bytes(digest) / 2**64 * 100
    return frozenset(label for label, share in wanted.items() if drawn < share)


def _share(label: str, shares: Mapping[str, float]) -> float:
    if label in shares:
        return shares[label]
    percent = _PERCENT.match(label)
    return float(percent["share"]) if percent is not None else 0.0
