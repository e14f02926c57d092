"""A caller's own view of the schema: valid whatever the rights, and without what is hidden."""

from graphql import (
    GraphQLSchema,
    build_schema,
    get_introspection_query,
    is_abstract_type,
    is_object_type,
    parse,
    print_schema,
    validate,
    validate_schema,
)
from hypothesis import given
from hypothesis import strategies as st

from federation.access import (
    AccessRequest,
    Asker,
    Decision,
    Effect,
    OperationFacts,
    Verdict,
    allow_all,
    build_view,
    everything,
    restrict,
)
from federation.access.view import NOTHING
from federation.operation import Limits, introspect, parse_operation
from federation.operation.introspection import introspection_text
from federation.selection import Field
from tests.unit.access.world import CALLER, NOW, api, decide, index

QUESTION = AccessRequest(Asker(CALLER, "p", (), NOW), OperationFacts("query"), everything(index()))


def view(**changes: object) -> GraphQLSchema:
    schema = build_view(index(), decide(QUESTION, **changes))
    assert validate_schema(schema) == []
    return schema


def shown(schema: GraphQLSchema, type_name: str) -> list[str]:
    return list(getattr(schema.type_map[type_name], "fields", ()))


def test_whoever_may_do_everything_sees_the_whole_schema() -> None:
    assert print_schema(build_view(index(), allow_all(QUESTION))) == print_schema(api())


def test_a_denied_field_is_not_there_and_neither_is_what_only_it_leads_to() -> None:
    schema = view(denied=["Citizen.account", "Citizen.nick"])

    assert "nick" not in shown(schema, "Citizen")
    assert "Account" not in schema.type_map


def test_a_field_whose_input_may_not_feed_it_is_not_there() -> None:
    schema = view(denied=["Citizen.income join"])

    assert "income" in shown(schema, "Citizen")
    assert "limit" not in shown(schema, "Citizen")


def test_inputs_are_hidden_with_what_they_test() -> None:
    schema = view(denied=["Citizen.birthDate filter", "Citizen.birthDate sort"])

    assert shown(schema, "CitizenFilter") == ["name", "odd", "and"]
    assert "DateRange" not in schema.type_map
    assert "BORN" not in print_schema(schema)
    assert "CitizenColumn" in schema.type_map


def test_an_argument_that_must_be_given_takes_its_field_along() -> None:
    schema = view(denied=["Citizen.idNumber filter", "Citizen.name sort", "Citizen.birthDate sort"])

    assert "citizen" not in shown(schema, "Query")
    assert "orderBy" not in print_schema(schema)
    assert not {"CitizenOrder", "CitizenColumn", "Direction"} & schema.type_map.keys()


def test_an_input_type_whose_default_tests_something_hidden_is_not_there() -> None:
    schema = view(denied=["Citizen.birthDate sort"])

    assert "Ranking" not in schema.type_map
    assert "by" not in schema.query_type.fields["ranked"].args  # type: ignore[union-attr]
    # What is null by default tests nothing when it is left out.
    assert shown(view(denied=["Citizen.nick filter"]), "Ranking") == ["by", "direction", "filter"]


def test_a_field_whose_default_argument_tests_something_hidden_is_not_there() -> None:
    assert "sorted" not in shown(view(denied=["Citizen.birthDate sort"]), "Query")
    assert "sorted" in shown(view(denied=["Citizen.nick filter"]), "Query")


def test_an_interface_shows_what_all_objects_show() -> None:
    schema = view(denied=["Boat.label"])
    assert (shown(schema, "Thing"), shown(schema, "Boat")) == (["id"], ["id"])
    assert shown(schema, "Car") == ["id", "label"]

    without = view(denied=["Boat.label", "Boat.id"])
    assert "Boat" not in without.type_map


def test_a_union_has_the_members_of_which_something_is_shown() -> None:
    schema = view(denied=["Firm.name", "Firm.code", "Firm.owner", "Firm.taxed", "Firm.citizens"])

    assert "union Party = Citizen\n" in print_schema(schema)


def test_masks_are_told_in_the_description() -> None:
    schema = view(masked={"Citizen.name": "initial"})

    field = schema.type_map["Citizen"].fields["name"]  # type: ignore[attr-defined]
    assert "initial" in field.description


def test_a_caller_without_any_right_gets_a_schema_that_says_so() -> None:
    schema = build_view(index(), Decision({}, {}, "r"))

    assert validate_schema(schema) == []
    assert shown(schema, "Query") == [NOTHING]
    assert schema.mutation_type is None


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    """Any answer to the question; one in five as a rule denies."""
    share = draw(st.integers(0, 10))
    verdicts = {}
    for name, uses in QUESTION.fields.items():
        for use in uses.names():
            effect = Effect.DENY if draw(st.integers(0, 10)) < share else Effect.ALLOW
            verdicts[name, use] = Verdict(effect, ("r",), "test")
    return Decision(verdicts, {}, "r")


@given(decisions())
def test_a_view_is_valid_prints_and_introspects_whatever_the_rights(decision: Decision) -> None:
    schema = build_view(index(), decision)

    assert validate_schema(schema) == []
    assert print_schema(build_schema(print_schema(schema))) == print_schema(schema)
    query = parse_operation(get_introspection_query(), api(), None, Limits()).operation
    asked = introspection_text(next(each for each in query.selections if isinstance(each, Field)))
    assert introspect([asked], query, schema, {})[asked]["types"]


@given(decisions())
def test_every_field_that_is_shown_can_be_had(decision: Decision) -> None:
    schema = build_view(index(), decision)

    for definition in schema.type_map.values():
        if not is_object_type(definition) or definition.name.startswith("__"):
            continue
        for name in definition.fields if definition is not schema.query_type else ():
            assert decision.verdict(f"{definition.name}.{name}", "select").effect is Effect.ALLOW
    query = schema.query_type
    assert query is not None
    for name, field in query.fields.items():
        if name == NOTHING or field.args or is_abstract_type(field.type):
            continue
        inner = (
            "{ __typename }"
            if hasattr(getattr(field.type, "of_type", field.type), "fields")
            else ""
        )
        text = f"{{ {name} {inner} }}"
        if validate(schema, parse(text)):
            continue
        operation = parse_operation(text, api(), None, Limits()).operation
        assert restrict(operation, {}, decision, index()).refusals == ()
