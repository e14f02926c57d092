"""What remains of an operation under a decision."""

from dataclasses import replace
from typing import Any

import pytest

from federation.access import (
    Asker,
    Decision,
    Disclosure,
    Effect,
    Mode,
    Verdict,
    allow_all,
    ask,
    bind_masks,
    no_decision,
    restrict,
    row_filters_json,
)
from federation.errors import Forbidden, InvalidOperation
from federation.operation import EMPTY
from federation.selection import Condition, Field, InlineFragment
from tests.unit.access.world import (
    CALLER,
    CONSENT,
    NOW,
    decide,
    index,
    operation,
    question,
    refused,
    restricted,
)

SUBJECT = {"field": "idNumber", "op": "eq", "value": "S"}
REGION = {"field": "regionCode", "op": "starts_with", "value": "9901"}
CITIZEN = "{ citizen(idNumber: 1) { name nick father { nick } limit } }"


def test_allow_all_decision_gives_the_operation_back() -> None:
    request = question(CITIZEN)
    restriction = restrict(operation(CITIZEN), {}, allow_all(request), index())
    assert restriction.operation == operation(CITIZEN)
    assert (restriction.refusals, restriction.masks, restriction.row_filters) == ((), {}, {})


def test_denied_field_leaves_the_operation_with_one_error() -> None:
    restriction = restricted(CITIZEN, denied=["Citizen.nick"])
    assert str(
        restriction.operation
    ) == "{ citizen(idNumber: 1) { name father { __empty: __typename } limit } }".replace(
        "{ citizen", "query { citizen", 1
    )
    assert refused(restriction) == {"citizen.nick": "no", "citizen.father.nick": "no"}
    error = restriction.refusals[0].error
    assert error.path == ("citizen", "nick")
    assert error.extensions == {
        "code": "ACCESS_DENIED",
        "coordinate": "Citizen.nick",
        "reasons": ["no"],
        "rule": "test",
        "policyRevision": "r1",
    }


def test_denied_object_takes_its_whole_subtree_with_one_error() -> None:
    restriction = restricted(CITIZEN, denied=["Citizen.father", "Citizen.nick"])
    assert refused(restriction) == {"citizen.nick": "no", "citizen.father": "no"}


def test_alias_does_not_hide_a_denied_field() -> None:
    restriction = restricted("{ citizen(idNumber: 1) { nick: name } }", denied=["Citizen.name"])
    assert refused(restriction) == {"citizen.nick": "no"}
    assert restriction.refusals[0].type == "String!"


def test_error_path_ends_at_the_first_list() -> None:
    text = "{ citizens { edges { node { father { nick } } } } }"
    restriction = restricted(text, denied=["Citizen.nick"])
    (refusal,) = restriction.refusals
    assert refusal.path == ("citizens", "edges", "node", "father", "nick")
    assert refusal.error.path == ("citizens", "edges")


def test_field_denied_on_one_possible_type_stays_for_the_others() -> None:
    restriction = restricted("{ things { id label } }", denied=["Boat.label"])
    assert str(restriction.operation) == "query { things { id ... on Car { label } } }"
    (refusal,) = restriction.refusals
    assert refusal.types == frozenset({"Boat"})
    assert refusal.error.extensions["coordinate"] == "Boat.label"


def test_field_denied_on_all_possible_types_goes_entirely() -> None:
    restriction = restricted("{ things { label } }", denied=["Boat.label", "Car.label"])
    assert restriction.operation.selections[0].selections == (EMPTY,)
    (refusal,) = restriction.refusals
    assert refusal.types is None
    assert refusal.error.extensions["coordinates"] == ["Boat.label", "Car.label"]


def test_one_response_key_with_different_rights_is_judged_per_member() -> None:
    text = "{ party(id: 1) { ... on Citizen { x: nick } ... on Firm { x: name } } }"
    restriction = restricted(text, denied=["Citizen.nick"])
    assert str(restriction.operation) == "query { party(id: 1) { ... on Firm { x: name } } }"
    assert restriction.refusals[0].types == frozenset({"Citizen"})


def test_denied_root_field_leaves_an_operation_without_fetches() -> None:
    restriction = restricted(CITIZEN, denied=["Query.citizen"])
    assert restriction.operation.selections == (EMPTY,)
    assert restriction.operation.variables == ()


@pytest.mark.parametrize(
    ("arguments", "denied"),
    [
        ('where: {name: "x"}', "Citizen.name filter"),
        ('where: {and: [{born: {to: "x"}}]}', "Citizen.birthDate filter"),
        ("orderBy: {by: NAME}", "Citizen.name sort"),
        ('mystery: "x"', "Query.citizens(mystery:) filter"),
    ],
)
def test_denied_input_denies_the_field_it_is_passed_to(arguments: str, denied: str) -> None:
    restriction = restricted(f"{{ citizens({arguments}) {{ totalCount }} }}", denied=[denied])
    assert refused(restriction) == {"citizens": "no"}
    cause = restriction.refusals[0].error.extensions["cause"]
    assert f"{cause['coordinate']} {cause['use']}" == denied


def test_denied_input_that_is_not_supplied_denies_nothing() -> None:
    text = "query($w: CitizenFilter) { citizens(where: $w) { totalCount } }"
    assert not restricted(text, {}, denied=["Citizen.name filter"]).refusals
    assert restricted(text, {"w": {"name": "x"}}, denied=["Citizen.name filter"]).refusals


def test_masked_filter_is_none() -> None:
    text = '{ citizens(where: {name: "x"}) { totalCount } }'
    request = question(text)
    masked = Verdict(Effect.MASK, ("open",), "test", "initial")
    verdicts = {**allow_all(request).verdicts, ("Citizen.name", "filter"): masked}
    restriction = restrict(operation(text), {}, Decision(verdicts, {}, "r"), index())
    assert refused(restriction) == {"citizens": "no_decision"}


def test_denied_join_denies_what_it_feeds_at_any_distance() -> None:
    text = "{ citizen(idNumber: 1) { name limit bonus } }"
    restriction = restricted(text, denied=["Citizen.income join"])
    assert refused(restriction) == {"citizen.limit": "no", "citizen.bonus": "no"}


def test_denied_select_of_an_input_does_not_deny_what_it_feeds() -> None:
    text = "{ citizen(idNumber: 1) { income limit } }"
    restriction = restricted(text, denied=["Citizen.income"])
    assert refused(restriction) == {"citizen.income": "no"}


def test_field_that_was_never_answered_is_denied_as_undecided() -> None:
    request = question(CITIZEN)
    restriction = restrict(operation(CITIZEN), {}, no_decision(request), index())
    assert refused(restriction) == {"citizen": "no_decision"}
    assert restriction.refusals[0].error.extensions["code"] == "NO_DECISION"
    nothing = restrict(operation(CITIZEN), {}, Decision({}, {}, "r"), index())
    assert refused(nothing) == {"citizen": "no_decision"}


def test_conditions_travel_with_the_refusal() -> None:
    text = """query($a: Boolean!, $b: Boolean!) {
        citizen(idNumber: 1) { ... @include(if: $a) { nick @skip(if: $b) name } }
    }"""
    (refusal,) = restricted(text, {"a": True, "b": True}, denied=["Citizen.nick"]).refusals
    assert [[str(condition) for condition in all_of] for all_of in refusal.conditions] == [
        ["@include(if: $a)", "@skip(if: $b)"]
    ]


def test_refusal_knows_what_was_selected_before_it() -> None:
    text = "{ citizen(idNumber: 1) { nick name income limit } }"
    refusals = restricted(text, denied=["Citizen.nick", "Citizen.income"]).refusals
    assert [(each.path[-1], each.after) for each in refusals] == [
        ("nick", ()),
        ("income", ("nick", "name")),
    ]


def test_same_selection_under_two_conditions_is_refused_once() -> None:
    text = """query($a: Boolean!, $b: Boolean!) {
        citizen(idNumber: 1) { nick @include(if: $a) nick @include(if: $b) name }
    }"""
    (refusal,) = restricted(text, {"a": True, "b": True}, denied=["Citizen.nick"]).refusals
    assert len(refusal.conditions) == 2


def test_mutation_is_refused_as_a_whole() -> None:
    text = 'mutation { rename(idNumber: 1, name: "x") { nick name } }'
    with pytest.raises(Forbidden) as caught:
        restricted(text, denied=["Citizen.nick", "Citizen.name"])
    assert [error.path for error in caught.value.errors] == [("rename", "nick"), ("rename", "name")]


def test_query_in_mode_refuse_is_refused_as_a_whole() -> None:
    with pytest.raises(Forbidden):
        restricted(CITIZEN, mode=Mode.REFUSE, denied=["Citizen.nick"])
    assert restricted(CITIZEN, mode=Mode.REFUSE).refusals == ()


def test_subscription_whose_root_is_refused_is_refused_as_a_whole() -> None:
    query = operation(CITIZEN)
    subscription = replace(query, kind="subscription")
    with pytest.raises(Forbidden):
        restrict(subscription, {}, no_decision(question(CITIZEN)), index())


def test_fragment_that_only_carries_conditions_is_judged_inside() -> None:
    inner = (Field("name"), Field("nick"))
    citizen = operation(CITIZEN).selections[0]
    assert isinstance(citizen, Field)
    fragment = InlineFragment(None, inner, (Condition("a"),))
    query = replace(
        operation(CITIZEN), selections=(Field("citizen", None, citizen.arguments, (fragment,)),)
    )
    request = ask(query, {"a": True}, Asker(CALLER, "p", (), NOW), index())
    restriction = restrict(query, {"a": True}, decide(request, denied=["Citizen.nick"]), index())

    assert set(request.fields) >= {"Citizen.name", "Citizen.nick"}
    assert str(restriction.operation) == (
        "query { citizen(idNumber: 1) { ... @include(if: $a) { name } } }"
    )
    assert restriction.refusals[0].conditions == ((Condition("a"),),)


def test_hidden_disclosure_answers_as_if_the_field_did_not_exist() -> None:
    request = question(CITIZEN)
    with pytest.raises(InvalidOperation) as caught:
        restrict(
            operation(CITIZEN),
            {},
            no_decision(request),
            index(),
            disclosure=Disclosure.HIDDEN,
        )
    assert "no_decision" not in str(caught.value.errors)


class TestMasks:
    def test_masks_are_named_per_type_and_field(self) -> None:
        restriction = restricted(
            "{ citizen(idNumber: 1) { n: name idNumber } }",
            masked={"Citizen.name": "initial", "Citizen.idNumber": "last4"},
        )
        assert restriction.masks == {
            ("Citizen", "name"): "initial",
            ("Citizen", "idNumber"): "last4",
        }
        bound = bind_masks(restriction.masks, b"key")
        assert bound["Citizen", "idNumber"]("990102199001011239") == "**************1239"

    @pytest.mark.parametrize("mask", ["year", "range", "null"])
    def test_mask_that_would_break_the_type_denies(self, mask: str) -> None:
        restriction = restricted("{ citizen(idNumber: 1) { name } }", masked={"Citizen.name": mask})
        assert refused(restriction) == {"citizen.name": "mask_unsuitable"}


class TestRowFilters:
    def test_rows_of_which_nothing_may_be_read_are_said_to_be_none(self) -> None:
        restriction = restricted("{ party(id: 1) { __typename } }", denied=TestCounts.SEES_NONE)
        assert restriction.unseen_rows == {"Citizen"}
        assert str(restriction.operation).endswith("# no Citizen rows")

    def test_filter_is_bound_where_every_subgraph_holds_its_fields(self) -> None:
        text = "{ citizens { totalCount edges { node { name account { balance } } } } }"
        restriction = restricted(text, filters={"Citizen": REGION})
        assert restriction.refusals == ()
        assert row_filters_json(restriction.row_filters) == {"Citizen": REGION}

    def test_rows_whose_subgraph_cannot_filter_are_left_to_the_gateway(self) -> None:
        text = "{ firms { taxed citizens { name } } }"
        restriction = restricted(text, filters={"Citizen": REGION})
        assert refused(restriction) == {}
        assert restriction.operation.row_tests == (("Citizen", ("regionCode",)),)
        assert str(restriction.operation).endswith("# Citizen rows by regionCode")
        # The tax department holds the number itself.
        assert restricted(text, filters={"Citizen": SUBJECT}).operation.row_tests == ()

    def test_rows_that_nobody_can_filter_are_denied(self) -> None:
        text = "{ firms { taxed citizens { name } } }"
        for field in ("unheard", "father", "tags", "worth"):
            condition = {"field": field, "op": "eq", "value": "x"}
            assert refused(restricted(text, filters={"Citizen": condition})) == {
                "firms.citizens": "row_filter_unsupported"
            }

    @pytest.mark.parametrize(("field", "value"), [("nick", "n"), ("income", 1)])
    @pytest.mark.parametrize("negated", [False, True])
    def test_the_gateway_orders_no_texts(self, field: str, value: object, *, negated: bool) -> None:
        # Departments order them by the collations of their databases.
        condition: dict[str, Any] = {"field": field, "op": "ge", "value": value}
        condition = {"and": [{"not": condition}]} if negated else condition
        text = (
            "{ party(id: 1) { ... on Firm { name owner { name } } } firms { citizens { name } } }"
        )
        found = refused(restricted(text, filters={"Citizen": condition}))
        assert ("firms.citizens" in found) == (field == "nick")

    def test_union_that_includes_a_filtered_type_needs_the_filter_as_well(self) -> None:
        text = "{ party(id: 1) { ... on Firm { name } } }"
        assert refused(restricted(text, filters={"Citizen": REGION})) == {}
        elsewhere = {"field": "income", "op": "eq", "value": 1}
        restriction = restricted(text, filters={"Citizen": elsewhere})
        assert restriction.operation.row_tests == (("Citizen", ("income",)),)

    def test_a_page_of_filtered_rows_needs_the_filter_as_its_count_does(self) -> None:
        unknown = {"field": "income", "op": "eq", "value": 1}
        text = "{ citizens { totalCount } }"
        assert refused(restricted(text, filters={"Citizen": unknown})) == {
            "citizens": "row_filter_unsupported"
        }

    def test_filter_that_cannot_be_read_shows_no_row(self) -> None:
        request = question(CITIZEN)
        decision = Decision(allow_all(request).verdicts, {"Citizen": None}, "r")
        restriction = restrict(operation(CITIZEN), {}, decision, index())
        assert refused(restriction) == {"citizen": "row_filter_unsupported"}


class TestConsent:
    TEXT = "{ citizen(idNumber: 1) { name nick } }"

    @pytest.mark.parametrize(
        "condition",
        [
            SUBJECT,
            {"and": [SUBJECT, REGION]},
            {"field": "idNumber", "op": "in", "value": ["S"]},
            {"or": [SUBJECT, {"and": [REGION, SUBJECT]}]},
        ],
    )
    def test_consented_field_is_open_when_rows_are_confined_to_the_subject(
        self, condition: dict[str, Any]
    ) -> None:
        restriction = restricted(
            self.TEXT,
            consents=(CONSENT,),
            consented=["Citizen.name"],
            filters={"Citizen": condition},
        )
        assert refused(restriction) == {}

    @pytest.mark.parametrize(
        "filters",
        [
            {},
            {"Citizen": REGION},
            {"Citizen": {"field": "idNumber", "op": "eq", "value": "T"}},
            {"Citizen": {"field": "name", "op": "eq", "value": "S"}},
            {"Citizen": {"field": "idNumber", "op": "ne", "value": "S"}},
            {"Citizen": {"field": "idNumber", "op": "in", "value": ["S", "T"]}},
            {"Citizen": {"or": [SUBJECT, REGION]}},
            {"Citizen": {"not": SUBJECT}},
            {"Account": SUBJECT},
        ],
    )
    def test_consented_field_is_closed_when_they_are_not(self, filters: dict[str, Any]) -> None:
        restriction = restricted(
            self.TEXT, consents=(CONSENT,), consented=["Citizen.name"], filters=filters
        )
        assert refused(restriction)["citizen.name"] == "consent_unbound"

    def test_consent_of_one_type_does_not_open_the_rows_of_another(self) -> None:
        restriction = restricted(
            "{ citizen(idNumber: 1) { account { balance } } }",
            consents=(CONSENT,),
            consented=["Account.balance"],
            filters={"Citizen": SUBJECT},
            denied=["Account.number", "Account.owner", "Account.holder"],
        )
        assert refused(restriction) == {"citizen.account": "consent_unbound row_right_required"}

    def test_type_without_a_subject_cannot_be_opened(self) -> None:
        restriction = restricted(
            "{ firms { name } }",
            consents=(CONSENT,),
            consented=["Firm.name"],
            filters={"Firm": {"field": "code", "op": "eq", "value": "S"}},
            denied=["Firm.code", "Firm.owner", "Firm.taxed", "Firm.citizens"],
        )
        assert refused(restriction) == {"firms": "consent_unbound row_right_required"}

    def test_what_opens_nothing_leaves_the_rows_to_the_rights_to_other_fields(self) -> None:
        restriction = restricted("{ firms { name } }", consents=(CONSENT,), consented=["Firm.name"])
        assert refused(restriction) == {"firms.name": "consent_unbound"}


class TestCounts:
    SEES_NONE = tuple(".".join(place) for place in index().rows["Citizen"])
    SEES_NICK = tuple(name for name in SEES_NONE if name != "Citizen.nick")

    def test_a_count_is_shown_from_a_minimum_on_to_whoever_sees_none_of_the_rows(self) -> None:
        text = "{ headcount citizens { totalCount } }"
        restriction = restricted(text, denied=self.SEES_NONE)
        assert restriction.refusals == ()
        assert restriction.small_counts == {("CitizenConnection", "totalCount")}
        assert restricted(text).small_counts == frozenset()

    def test_edges_and_pages_take_a_right_to_something_of_the_rows(self) -> None:
        text = "{ citizens { edges { node { name nick } } } }"
        assert refused(restricted(text, denied=self.SEES_NICK)) == {
            "citizens.edges.node.name": "no"
        }
        assert refused(restricted(text, denied=self.SEES_NONE)) == {
            "citizens.edges": "no row_right_required"
        }

    def test_a_mask_is_a_right_to_the_rows(self) -> None:
        text = "{ citizens { totalCount edges { cursor } } }"
        mask = {"Citizen.nick": "initial"}
        restriction = restricted(text, masked=mask, denied=self.SEES_NICK)
        assert (restriction.refusals, restriction.small_counts) == ((), frozenset())
