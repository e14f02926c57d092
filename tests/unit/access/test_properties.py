"""What holds for every decision, however odd."""

from hypothesis import given
from hypothesis import strategies as st

from federation.access import Asker, Decision, Effect, Verdict, ask, read_condition, restrict
from federation.access.row_filter import RowCondition
from tests.unit.access.world import CALLER, NOW, index, operation

OPERATIONS = (
    "{ citizen(idNumber: 1) { name a: nick father { name father { nick } } limit bonus income } }",
    '{ citizens(where: {name: "x"}, orderBy: {by: BORN}) { totalCount edges { node { tags } } } }',
    """{ party(id: 1) {
        ... on Citizen { nick account { balance holder { name } } }
        ... on Firm { code owner { name } }
    } }""",
    "{ things { id label ... on Car { l: label } } firms { taxed citizens { name limit } } }",
)
FILTERS = (
    {"field": "idNumber", "op": "eq", "value": "S"},
    {"field": "regionCode", "op": "starts_with", "value": "99"},
    {"not": {"field": "income", "op": "gt", "value": 5}},
)


@st.composite
def decisions(draw: st.DrawFn) -> tuple[str, Decision]:
    text = draw(st.sampled_from(OPERATIONS))
    request = ask(operation(text), {}, Asker(CALLER, "p", (), NOW), index())
    verdicts = {}
    for name, uses in request.fields.items():
        for use in uses.names():
            effect = draw(st.sampled_from([Effect.ALLOW, Effect.ALLOW, Effect.MASK, Effect.DENY]))
            mask = (
                draw(st.sampled_from(["initial", "null", "year"]))
                if effect is Effect.MASK
                else None
            )
            if draw(st.integers(0, 9)):
                verdicts[name, use] = Verdict(effect, ("r",), "test", mask)
    filters: dict[str, RowCondition | None] = {}
    for type_name in draw(st.sets(st.sampled_from(["Citizen", "Account", "Firm"]))):
        tree = draw(st.sampled_from([*FILTERS, None]))
        filters[type_name] = read_condition(tree) if tree else None
    return text, Decision(verdicts, filters, "r")


@given(decisions())
def test_nothing_denied_is_left_and_restricting_again_changes_nothing(
    drawn: tuple[str, Decision],
) -> None:
    text, decision = drawn
    restriction = restrict(operation(text), {}, decision, index())
    left = ask(restriction.operation, {}, Asker(CALLER, "p", (), NOW), index())

    remaining = str(restriction.operation)
    for name, uses in left.fields.items():
        for use in uses.names():
            if use == "select" and name.partition(".")[2] not in remaining:
                continue  # Asked about the rows that a count counts, not for its value.
            verdict = decision.verdict(name, use)
            assert verdict.effect is Effect.ALLOW or (
                verdict.effect is Effect.MASK and use == "select"
            )
    again = restrict(restriction.operation, {}, decision, index())
    assert again.refusals == ()
    assert again.operation == restriction.operation


@given(decisions(), st.data())
def test_fewer_rights_never_leave_more(drawn: tuple[str, Decision], data: st.DataObject) -> None:
    text, decision = drawn
    lost = data.draw(st.sets(st.sampled_from(sorted(decision.verdicts) or [("", "")])))
    fewer = Decision(
        {key: verdict for key, verdict in decision.verdicts.items() if key not in lost},
        decision.row_filters,
        "r",
    )
    asker = Asker(CALLER, "p", (), NOW)
    more_left, fewer_left = (
        ask(restrict(operation(text), {}, each, index()).operation, {}, asker, index()).fields
        for each in (decision, fewer)
    )

    assert set(fewer_left) <= set(more_left)
