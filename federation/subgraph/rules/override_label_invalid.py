"""OVERRIDE_LABEL_INVALID: the label of a progressive override cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Subgraph, directives_of

_NAME = re.compile(r"^[a-zA-Z][a-zA-Z0-9_\-:./]*$")
_PERCENT = re.compile(r"^percent\((\d{1,2}(\.\d{1,8})?|100)\)$")


def override_label_invalid(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """A label is a name, or a share of the requests such as ``percent(12.5)``."""
    for definition in subgraph.types.values():
        for field in definition.fields.values():
            for override in directives_of(field, "override"):
                label = override.text("label")
                if label is None or _NAME.match(label) or _PERCENT.match(label):
                    continue
                yield Diagnostic(
                    "OVERRIDE_LABEL_INVALID",
                    f'[{subgraph.name}] "{label}" on {definition.name}.{field.name} is no label'
                    " of an override",
                    coordinate=Coordinate(definition.name, field.name),
                    locations=(override.location,),
                    fix="Use letters, digits and _-:./ after a first letter, or percent(0 to 100).",
                )
