"""What is read at a glance is what graphql-core reads."""

from random import Random

from graphql import DocumentNode, GraphQLSyntaxError, parse
from hypothesis import example, given
from hypothesis import strategies as st

from federation.operation.reading import read_plainly
from tests.support.wild_operations import WildWriter

SEEDS = st.integers(min_value=0, max_value=10**9)
PIECES = st.sampled_from(
    [
        *"{}()[]:!=$@|&.-\"'#\\ \n\r\t,\ufeff\0é",
        *("...", "..", "{a}", '"x"', '""', '"""', '"""b"""', '"\\n"', "1", "01", "-1", "1.5", "-0"),
        *("1e3", "1.", "1a", "1-2", "a", "on", "query", "mutation", "fragment", "true", "null"),
        *(
            "$v",
            "@d",
            "(a: 1)",
            "{a(b: [1 2])}",
            "query q($v: [I!] = {a: $v}) {a}",
            "type T {a: I}",
        ),
        *("fragment F on T {a}", "fragment on on T {a}", "{...on T @d {a}}", "{...F(a: 1)}"),
    ]
)


def _read_by_graphql_core(text: str) -> DocumentNode | None:
    try:
        return parse(text, no_location=True, allow_empty_selection_sets=False)
    except GraphQLSyntaxError:
        return None


@given(SEEDS)
def test_operations_are_read_alike(seed: int) -> None:
    text = WildWriter(Random(seed), 0.0).document()

    found = read_plainly(text, 100_000)

    # Block strings are left to graphql-core.
    assert found == (None if '"""' in text else parse(text, no_location=True)), text


@given(st.lists(PIECES, max_size=12).map("".join))
@example("{a(b: 01)}")
@example("{a(b: [1-2])}")
@example('{a(b: """x""")}')
@example("{" * 201 + "a" + "}" * 201)
@example("{a(b: " + "[" * 200 + "]" * 200 + ")}")
@example("query ($v: " + "[" * 201 + "I" + "]" * 201 + ") {a}")
def test_whatever_is_read_is_read_alike(text: str) -> None:
    found = read_plainly(text, 100_000)

    if found is not None:
        assert found == _read_by_graphql_core(text), text


@given(SEEDS, SEEDS)
def test_operations_with_something_out_of_place_are_read_alike(seed: int, place: int) -> None:
    random = Random(place)
    text = WildWriter(Random(seed), 0.0).document()
    at = random.randrange(len(text))
    broken = text[:at] + random.choice('{}()[]:!$@.-"#é0a ') + text[at + random.randrange(3) :]

    found = read_plainly(broken, 100_000)

    if found is not None:
        assert found == _read_by_graphql_core(broken), broken


def test_what_has_too_many_tokens_is_left_to_graphql_core() -> None:
    assert read_plainly("{a}", 3) is None
    assert read_plainly("{a}", 4) is not None
