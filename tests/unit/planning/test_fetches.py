"""Which requests a plan has: merged, parted, postponed, conditional."""

from federation.planning import OperationPlan
from federation.selection import Condition
from tests.support.planned import composed, planned

CITY = composed(
    {
        "people": """
            type Query { me: Person  you: Person  all: [Person!]! }
            type Person @key(fields: "id") { id: ID!  name: String  home: Home }
            type Home @key(fields: "code") { code: ID! }
        """,
        "tax": """
            type Person @key(fields: "id") { id: ID!  income: Int  rate: String }
            type Home @key(fields: "code") { code: ID!  duty: Int }
        """,
        "maps": 'type Home @key(fields: "code") { code: ID!  place: Place }'
        ' type Place @key(fields: "at") { at: ID! }',
        "weather": 'type Place @key(fields: "at") { at: ID!  rain: Int }'
        ' type Person @key(fields: "id") { id: ID!  mood: String }',
    }
)


def subgraphs(plan: OperationPlan) -> list[str]:
    return [fetch.subgraph for fetch in plan.fetches]


def test_all_root_fields_of_a_subgraph_are_one_request() -> None:
    plan = planned(CITY, "{ me { name } you { name } all { id } }")

    assert subgraphs(plan) == ["people"]


def test_entity_calls_of_one_stage_to_one_subgraph_are_one_request() -> None:
    plan = planned(CITY, "{ me { income } you { rate home { duty } } }")

    assert subgraphs(plan) == ["people", "tax"]
    assert len(plan.fetches[1].entities) == 3
    assert len(plan.fetches[1].parts) == 3


def test_one_entity_call_needs_no_parts() -> None:
    plan = planned(CITY, "{ me { income rate } }")

    assert len(plan.fetches[1].entities) == 1
    assert plan.fetches[1].parts == ()


def test_a_request_nobody_waits_for_travels_with_a_later_one() -> None:
    plan = planned(CITY, "{ me { mood home { place { rain } } } }")

    assert subgraphs(plan) == ["people", "maps", "weather"]
    assert plan.fetches[2].after == (0, 1)


def test_requests_that_do_not_need_each_other_wait_for_the_root_alone() -> None:
    plan = planned(CITY, "{ me { income mood home { place { at } } } }")

    assert sorted(subgraphs(plan)[1:]) == ["maps", "tax", "weather"]
    assert {fetch.after for fetch in plan.fetches[1:]} == {(0,)}


def test_only_introspection_and_typename_need_no_request() -> None:
    plan = planned(CITY, "{ __typename __schema { queryType { name } } }")

    assert plan.fetches == ()
    assert [field.key for field in plan.output] == ["__typename", "__schema"]


def test_a_field_is_asked_once_however_often_it_is_selected() -> None:
    plan = planned(
        CITY, "{ all { ...P name } all { name home { code } } } fragment P on Person { name }"
    )

    assert plan.fetches[0].text == "{ all { name home { code } } }"


def test_conditions_of_a_request_are_a_disjunction_of_all_that_want_it() -> None:
    plan = planned(
        CITY,
        "query ($a: Boolean!, $b: Boolean!) { me { income @include(if: $a) rate @skip(if: $b) } }",
    )

    assert plan.fetches[1].conditions == ((Condition("a"),), (Condition("b", negated=True),))


def test_conditions_that_stand_around_each_other_are_joined() -> None:
    plan = planned(
        CITY,
        "query ($a: Boolean!, $b: Boolean!) {"
        " me @include(if: $a) { ... @skip(if: $b) { income } } }",
    )

    assert plan.fetches[0].conditions == ((Condition("a"),),)
    assert plan.fetches[1].conditions == ((Condition("a"), Condition("b", negated=True)),)


def test_a_request_wanted_always_has_no_conditions() -> None:
    plan = planned(CITY, "query ($a: Boolean!) { me { income @include(if: $a) rate } }")

    assert plan.fetches[1].conditions == ()


def test_a_condition_that_another_covers_is_left_out() -> None:
    plan = planned(
        CITY,
        "query ($a: Boolean!, $b: Boolean!) {"
        " me { income @include(if: $a) ... @include(if: $a) { rate @include(if: $b) } } }",
    )

    assert plan.fetches[1].conditions == ((Condition("a"),),)


def test_beyond_a_number_of_alternatives_a_request_is_made_always() -> None:
    declared = ", ".join(f"$v{at}: Boolean!" for at in range(20))
    selected = " ".join(f"a{at}: income @include(if: $v{at})" for at in range(20))

    plan = planned(CITY, f"query ({declared}) {{ me {{ {selected} }} }}")

    assert plan.fetches[1].conditions == ()
    assert "a19: income @include(if: $v19)" in plan.fetches[1].text


def test_mutation_fields_wait_for_all_that_their_predecessor_needs() -> None:
    supergraph = composed(
        {
            "a": "type Query { q: Int } type Mutation { make: T  end: Int }"
            ' type T @key(fields: "id") { id: ID! }',
            "b": 'type T @key(fields: "id") { id: ID!  x: Int }',
        }
    )

    plan = planned(supergraph, "mutation { make { x } end }")

    assert [(each.subgraph, each.kind, each.after) for each in plan.fetches] == [
        ("a", "mutation", ()),
        ("b", "query", (0,)),
        ("a", "mutation", (0, 1)),
    ]


def test_a_mutation_of_several_subgraphs_goes_where_the_one_before_it_went() -> None:
    supergraph = composed(
        {
            "a": "type Query { q: Int } type Mutation { both: Int @shareable }",
            "b": "type Mutation { both: Int @shareable  own: Int }",
        }
    )

    assert subgraphs(planned(supergraph, "mutation { own both }")) == ["b"]
    assert subgraphs(planned(supergraph, "mutation { both }")) == ["a"]
