"""``@listSize`` where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Directive, Field, Subgraph, directives_of


@dataclass(frozen=True, slots=True)
class ListSize:
    """One application of ``@listSize``.

    Attributes:
        sizes_lists: The field is a list, or all its existing sized fields are.
    """

    coordinate: Coordinate
    field: Field
    directive: Directive
    sizes_lists: bool

    @property
    def assumed_size(self) -> int | None:
        """The expected number of items."""
        value = self.directive.argument("assumedSize")
        return value if isinstance(value, int) else None

    @property
    def slicing_arguments(self) -> tuple[str, ...]:
        """Arguments that limit the number of items."""
        return self._names("slicingArguments")

    @property
    def sized_fields(self) -> tuple[str, ...]:
        """Fields of the returned object that the size is meant for."""
        return self._names("sizedFields")

    def diagnostic(self, code: str, problem: str, fix: str) -> Diagnostic:
        """A finding about the field; ``problem`` is its predicate."""
        return Diagnostic(
            code,
            f"[{self.directive.location.subgraph}] {self.coordinate} {problem}",
            coordinate=self.coordinate,
            locations=(self.directive.location,),
            fix=fix,
        )

    def _names(self, argument: str) -> tuple[str, ...]:
        value = self.directive.argument(argument)
        return tuple(map(str, value)) if isinstance(value, list) else ()


def list_sizes(subgraph: Subgraph) -> Iterator[ListSize]:
    """Every ``@listSize`` of a subgraph."""
    for definition in subgraph.types.values():
        for field in definition.fields.values():
            for directive in directives_of(field, "listSize"):
                each = ListSize(
                    Coordinate(definition.name, field.name), field, directive, _is_list(field.type)
                )
                target = subgraph.types.get(field.type.strip("[]!"))
                sized = [
                    _is_list(target.fields[name].type)
                    for name in each.sized_fields
                    if target is not None and name in target.fields
                ]
                # A sized field that does not exist is another fault.
                is_sized = all(sized) if each.sized_fields else each.sizes_lists
                yield ListSize(each.coordinate, field, directive, is_sized)


def _is_list(type_text: str) -> bool:
    return type_text.startswith("[")
