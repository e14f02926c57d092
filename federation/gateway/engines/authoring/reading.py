"""One field, or one input, as an operation would ask for it."""

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
class Given:
    """An argument as it is given to a field, or what is written in the value of one.

    Attributes:
        name: Without its field or type.
        tests: What it tests or orders by whatever its value is, sorted.
        is_told_inside: What is written in its value tests or orders by more.
    """

    name: str
    tests: tuple[InputUse, ...]
    is_told_inside: bool

    def fields(self) -> Mapping[str, Uses]:
        """What an operation in which it stands is asked about for it."""
        asked = AskedUses()
        asked.test(self.tests)
        return asked.fields()


@dataclass(frozen=True, slots=True)
class Reading:
    """A field as it is selected, perhaps with one argument given to it.

    Attributes:
        place: Object type and field.
    """

    place: TypeField
    facts: FieldFacts
    index: AccessIndex
    given: Given | None = None

    def fields(self) -> Mapping[str, Uses]:
        """What an operation that does this is asked about."""
        asked = AskedUses()
        asked.select(self.facts)
        asked.test(self.given.tests if self.given else ())
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
    given = Given(at.argument, tuple(sorted(tests)), is_told_inside)
    return Reading(place, facts, index, given)


def find_written(coordinate: str, index: AccessIndex) -> Given | None:
    """An input field or an enum value as it stands in arguments; None where it is neither.

    Of one of which nobody said what it tests, operations are asked by the names of the arguments.
    """
    at = read_coordinate(coordinate)
    meaning = index.inputs.written(at.type, at.field) if at.field else None
    if meaning is None or at.field is None:
        return None
    tests = set(meaning.uses)
    if meaning.is_unexplained:
        tests |= {
            (f"{type_name}.{field}({name}:)", "filter")
            for type_name, field, name in index.inputs.takers(at.type)
            if index.fields[type_name, field].is_tested
        }
    return Given(at.field, tuple(sorted(tests)), meaning.is_told_inside)
