"""How much a hint matters: what should be looked at, what is good to know, what is for the curious.

Source:
    Apollo Federation documentation, "Composition hints", for the codes that it knows.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from federation.errors import Diagnostic, Severity


class HintLevel(IntEnum):
    """Levels in order of weight."""

    DEBUG = 1
    INFO = 2
    WARN = 3


_INFO: Final = (
    "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS",
    "DIRECTIVE_COMPOSITION_INFO",
    "GOVERNANCE_KEY_MASKABLE",
    "IMPLICITLY_UPGRADED_FEDERATION_VERSION",
    "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE",
    "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE",
    "INCONSISTENT_ENTITY",
    "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
    "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
    "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
    "OVERRIDE_MIGRATION_IN_PROGRESS",
)
_DEBUG: Final = (
    "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM",
    "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD",
    "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD",
    "INCONSISTENT_UNION_MEMBER",
    "UNUSED_ENUM_TYPE",
)
_LEVELS: Final = dict.fromkeys(_INFO, HintLevel.INFO) | dict.fromkeys(_DEBUG, HintLevel.DEBUG)


def hint_level(found: Diagnostic) -> HintLevel | None:
    """The level of a hint, WARN where nothing else is said; None for errors."""
    if found.severity is Severity.ERROR:
        return None
    return _LEVELS.get(found.code, HintLevel.WARN)
