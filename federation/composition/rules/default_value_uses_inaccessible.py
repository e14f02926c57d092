"""DEFAULT_VALUE_USES_INACCESSIBLE: a visible default value names something inaccessible."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.default_values import parts, visible_defaults
from federation.composition.merged import Merged
from federation.errors import Diagnostic
from federation.supergraph.api_schema import is_accessible


def default_value_uses_inaccessible(merged: Merged) -> Iterator[Diagnostic]:
    """The default values that clients see are written with what they see."""
    for coordinate, value, default in visible_defaults(merged):
        for hidden, element in parts(value, default, merged):
            if element is None or is_accessible(element):
                continue
            yield Diagnostic(
                "DEFAULT_VALUE_USES_INACCESSIBLE",
                f"the default value of {coordinate} uses {hidden}, which is inaccessible",
                coordinate=coordinate,
                locations=(*merged.places(coordinate), *merged.places(hidden)),
                fix=f"Choose another default value, or show {hidden}.",
            )
