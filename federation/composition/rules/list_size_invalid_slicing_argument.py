"""LIST_SIZE_INVALID_SLICING_ARGUMENT: no slicing argument is left after merging."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import resolving
from federation.composition.report import places
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import find_directive


def list_size_invalid_slicing_argument(schema: Sources) -> Iterator[Diagnostic]:
    """An argument that some subgraph lacks is left out, and slices nothing."""
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            named: set[str] = set()
            for each in sources:
                sizes = find_directive(each.field, "listSize")
                given = sizes.argument("slicingArguments") if sizes is not None else None
                named |= set(given) if isinstance(given, list) else set()
            definitions = resolving(sources)
            if named and not any(
                all(each.field.argument(one) is not None for each in definitions) for one in named
            ):
                yield Diagnostic(
                    "LIST_SIZE_INVALID_SLICING_ARGUMENT",
                    f"{type_name}.{name} is sliced by {', '.join(sorted(named))}, which not every"
                    " subgraph knows that resolves it",
                    coordinate=Coordinate(type_name, name),
                    locations=places(definitions),
                    fix="Add the argument to the field everywhere, or slice by another one.",
                )
