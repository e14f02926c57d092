"""The question of one operation: every coordinate it could touch, with every use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from federation.access.index import AccessIndex, FieldFacts
from federation.access.inputs import InputUse, input_uses
from federation.access.request import AccessRequest, Asker, OperationFacts, Uses
from federation.errors import OperationTooLarge
from federation.operation.model import Operation
from federation.selection import Field, SelectionSet

MAX_COORDINATES = 2_000


def ask(
    operation: Operation, variables: Mapping[str, Any], asker: Asker, index: AccessIndex
) -> AccessRequest:
    """The one question that decides on a whole operation.

    Selections on interfaces and unions are asked for every object type they could meet; inputs of
    ``@requires`` as joins, with what they feed; supplied filters and orderings by what they test.
    ``__typename``, introspection and keys are not asked.

    Raises:
        OperationTooLarge: More than 2,000 distinct coordinates.
    """
    collector = _Collector(variables, index)
    collector.collect(operation.selections, index.possible.get(operation.root_type, ()))
    return AccessRequest(
        asker=asker,
        operation=OperationFacts(operation.kind, operation.name),
        fields=collector.asked.fields(),
    )


class AskedUses:
    """Coordinates and what is asked of each.

    Args:
        most: How many coordinates there may be; None for any number.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._uses: dict[str, set[str]] = {}
        self._feeds: dict[str, set[str]] = {}

    def fields(self) -> dict[str, Uses]:
        """As a question lists them, sorted."""
        return {
            coordinate: Uses(
                select="select" in uses,
                filter="filter" in uses,
                sort="sort" in uses,
                join=tuple(sorted(self._feeds.get(coordinate, ()))),
            )
            for coordinate, uses in sorted(self._uses.items())
        }

    def test(self, uses: Iterable[InputUse]) -> None:
        """Ask for what inputs do."""
        for coordinate, use in uses:
            self.add(coordinate, use)

    def select(self, facts: FieldFacts, *, with_arguments: bool = False) -> None:
        """Ask for the selection of a field and for all that it takes.

        Args:
            facts: Of the field.
            with_arguments: What these test, and defaults beside them, is asked by the caller.
        """
        self.add(facts.coordinate, "select")
        defaults = () if with_arguments else facts.default_tests
        self.test((*facts.required_tests, *defaults))
        for required in facts.inputs:
            self.add(required, "join")
            self._feeds.setdefault(required, set()).add(facts.coordinate)

    def add(self, coordinate: str, use: str) -> None:
        """Ask for one use.

        Raises:
            OperationTooLarge: More coordinates than there may be.
        """
        uses = self._uses.get(coordinate)
        if uses is None:
            if len(self._uses) == self._most:
                raise OperationTooLarge(
                    f"the operation touches more than {self._most} fields, counted per object type"
                )
            uses = self._uses[coordinate] = set()
        uses.add(use)


class _Collector:
    def __init__(self, variables: Mapping[str, Any], index: AccessIndex) -> None:
        self.variables = variables
        self.index = index
        self.asked = AskedUses(MAX_COORDINATES)

    def collect(self, selections: SelectionSet, types: tuple[str, ...]) -> None:
        for selection in selections:
            if isinstance(selection, Field):
                self.collect_field(selection, types)
            elif selection.type_condition is None:
                self.collect(selection.selections, types)
            else:
                narrowed = self.index.possible.get(selection.type_condition, ())
                met = tuple(name for name in types if name in narrowed)
                self.collect(selection.selections, met)

    def collect_field(self, field: Field, types: tuple[str, ...]) -> None:
        returns: dict[str, None] = {}
        for type_name in types:
            facts = self.index.fields.get((type_name, field.name))
            if facts is None:  # __typename and introspection
                continue
            self.asked.select(facts, with_arguments=bool(field.arguments))
            if field.arguments:
                place = (type_name, field.name)
                rows = facts.is_tested
                self.asked.test(
                    input_uses(
                        place, field.arguments, self.variables, self.index.inputs, tests_rows=rows
                    )
                )
            if facts.returns:
                returns.update(dict.fromkeys(facts.returns))
        if field.selections and returns:
            self.collect(field.selections, tuple(returns))
