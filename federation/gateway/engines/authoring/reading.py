"""One field, or one argument of a field, as an operation would ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation.access import AccessIndex, AskedUses, Decision, FieldFacts, Judge, Uses
from federation.access.inputs import InputUse
from federation.access.refusal import Denial
from federation.catalogue import TypeField
from federation.coordinate import read_coordinate
from federation.selection import Argument


@dataclass(frozen=True, slots=True)
class GivenArgument:
    """An argument as it is given to a field.

    Attributes:
        name: Without its field.
        tests: What it tests or orders by whatever its value is, sorted.
        is_told_inside: What is written in its value tests or orders by more.
    """

    name: str
    tests: tuple[InputUse, ...]
    is_told_inside: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A field as it is selected, perhaps with one argument given to it.

    Attributes:
        place: Object type and field.
    """

    place: TypeField
    facts: FieldFacts
    index: AccessIndex
    given: GivenArgument | None = None

    def fields(self) -> Mapping[str, Uses]:
        """What an operation that does this is asked about."""
        asked = AskedUses()
        asked.select(self.facts)
        for coordinate, use in self.given.tests if self.given else ():
            asked.add(coordinate, use)
        return asked.fields()

    def judged(self, decision: Decision) -> tuple[Judge, Denial | None]:
        """Who judged it by a decision on that, and the first ground on which it is refused."""
        arguments: tuple[Argument, ...] = ()
        variables: dict[str, Any] = {}
        if self.given:
            arguments = (Argument(self.given.name, "$value", ("value",)),)
            # What is written in a value is asked apart, and an empty list holds nothing.
            variables = {"value": "" if self.given.tests else []}
        judge = Judge(variables, decision, self.index, tests_rows=self.index.tests_rows)
        return judge, judge.denial(self.facts, self.place, arguments)

    def causes(self, denial: Denial) -> dict[str, Uses]:
        """What would have to be opened: of several fields one is enough."""
        if denial.use == "select" and denial.cause != denial.field:
            # Any field of the rows would do.
            places = self.index.rows[denial.cause.partition(".")[0]]
            return {".".join(place): Uses(select=True) for place in places}
        uses = Uses(
            select=denial.use == "select",
            filter=denial.use == "filter",
            sort=denial.use == "sort",
            join=(denial.field,) if denial.use == "join" else (),
        )
        return {denial.cause: uses}


def build_reading(coordinate: str, index: AccessIndex) -> Reading | None:
    """What a coordinate stands for; None where that is no field of an object type, nor argument."""
    at = read_coordinate(coordinate)
    place = (at.type, at.field or "")
    facts = index.fields.get(place)
    if facts is None or at.argument is None:
        return None if facts is None else Reading(place, facts, index)
    argument = (*place, at.argument)
    known = index.inputs.arguments.get(argument)
    if known is None:
        return None
    tests = index.inputs.always(argument, tests_rows=facts.is_tested)
    is_told_inside = index.inputs.is_told_inside(known.type)
    given = GivenArgument(at.argument, tuple(sorted(tests)), is_told_inside)
    return Reading(place, facts, index, given)
