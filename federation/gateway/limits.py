"""The configured limits as the parse stage takes them."""

import msgspec

from federation.gateway.settings import LimitSettings
from federation.operation import Limits


def build_limits(settings: LimitSettings) -> Limits:
    """Limits of one gateway; what is not configurable keeps its default."""
    return Limits(**msgspec.structs.asdict(settings))
