"""The masks of what a caller may read, under the key of its purpose."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TypeAlias

from federation.access import Mask, bind_masks

BoundMasks: TypeAlias = Mapping[tuple[str, str], Mask]
"""Functions by type and field."""

# Mostly it is one: policies that read the purpose decide anew for each.
_KEPT_PURPOSES = 20


class PurposeMasks:
    """The masks of one restriction, bound once for each purpose."""

    def __init__(self, masks: Mapping[tuple[str, str], str]) -> None:
        """Nothing is bound yet.

        Args:
            masks: Names of the registry by type and field.
        """
        self._masks = masks
        self._bound: dict[str, BoundMasks] = {}

    def under(self, secret: bytes, purpose: str | None) -> BoundMasks:
        """The masks for a purpose.

        Args:
            secret: The keys of keyed masks are derived from it, one for each purpose: what was
                hashed for one cannot be matched with another's. Always the same.
        """
        if not self._masks:
            return {}
        code = purpose or ""
        bound = self._bound.get(code)
        if bound is None:
            if len(self._bound) >= _KEPT_PURPOSES:
                self._bound.clear()
            key = hmac.digest(secret, code.encode(), "sha256")
            bound = self._bound[code] = bind_masks(self._masks, key)
        return bound
