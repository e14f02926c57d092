"""Validation has graphql-core's verdicts, words and places, whichever way it took to them."""

from random import Random

from graphql import (
    GraphQLError,
    OverlappingFieldsCanBeMergedRule,
    parse,
    specified_rules,
    validate,
)
from hypothesis import given
from hypothesis import strategies as st

from federation.operation.merging import fields_merge
from federation.operation.plain import is_plainly_valid
from federation.operation.validation import validation_errors
from tests.support.wild_operations import WILD_SCHEMA, WildWriter

OTHER_RULES = [each for each in specified_rules if each is not OverlappingFieldsCanBeMergedRule]
SEEDS = st.integers(min_value=0, max_value=10**9)


def _said(errors: list[GraphQLError]) -> list[tuple[str, object]]:
    return [(each.message, each.locations) for each in errors]


@given(SEEDS, st.sampled_from([0.0, 0.01, 0.05]))
def test_validation_says_what_graphql_core_says(seed: int, faults: float) -> None:
    text = WildWriter(Random(seed), faults).document()
    document = parse(text)

    theirs = validate(WILD_SCHEMA, document, max_errors=50, hide_suggestions=True)

    assert _said(validation_errors(document, WILD_SCHEMA, 50)) == _said(theirs), text


@given(SEEDS, st.sampled_from([0.0, 0.002, 0.01]))
def test_what_is_valid_at_a_glance_breaks_no_rule(seed: int, faults: float) -> None:
    text = WildWriter(Random(seed), faults).document()
    document = parse(text)

    if is_plainly_valid(document, WILD_SCHEMA):
        assert not validate(WILD_SCHEMA, document, OTHER_RULES), text


@given(SEEDS)
def test_fields_merge_where_the_rule_finds_no_conflict(seed: int) -> None:
    text = WildWriter(Random(seed), 0.0).document()
    document = parse(text)

    conflicts = validate(WILD_SCHEMA, document, [OverlappingFieldsCanBeMergedRule])

    assert fields_merge(document, WILD_SCHEMA) is not bool(conflicts), (text, conflicts)
