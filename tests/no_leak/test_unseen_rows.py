"""Of what a caller may read nothing, the caller may not know that it exists.

Rows are told of by ``__typename``, by how long a list is, by what is null and by errors inside.
"""

import pytest

from tests.no_leak.city import PURPOSE, City, Grants, grants, masked, uses
from tests.no_leak.departments import ANN

NAME_OF_REGION = {"uses": {"select": True}, "region": True}
INCOME_BY_CONSENT = {"uses": {"select": True}, "consent": True, "level": 3}
OF_REGION = {"field": "regionCode", "op": "starts_with", "value": "990102"}
WAYS = {
    "type name": "{ mayor { __typename } }",
    "alias of it": "{ mayor { kind: __typename } }",
    "denied field": "{ mayor { phone } }",
    "both": "{ mayor { __typename phone } }",
    "excluded field": "{ mayor { phone @include(if: false) __typename } }",
    "fragment": "{ mayor { ... { ...F } } } fragment F on Citizen { __typename }",
}


@pytest.mark.parametrize("way", WAYS)
def test_whoever_sees_rows_of_a_region_learns_of_no_others(city: City, way: str) -> None:
    gateway = city.gateway(grants(Citizen__name=NAME_OF_REGION))
    clerk = gateway.caller(region="990102")
    wire = gateway.ask(WAYS[way], None, clerk)

    assert wire.sent
    assert [each.context["row_filters"] for each in wire.sent] == [{"Citizen": OF_REGION}]


@pytest.mark.parametrize("way", WAYS)
def test_whoever_sees_nothing_of_the_rows_learns_of_none(city: City, way: str) -> None:
    gateway = city.gateway(grants("Firm.title", Citizen__name=uses("filter")))
    wire = gateway.ask(WAYS[way])

    assert wire.json["data"] is None
    assert wire.codes() == [("ACCESS_DENIED", "mayor")]
    assert "row_right_required" in wire.body
    assert not wire.sent


@pytest.mark.parametrize(
    ("right", "text"),
    [
        (grants("Citizen.limit"), "{ mayor { limit } }"),
        (grants("Citizen.limit"), "{ newcomers { __typename limit } }"),
        (grants("Citizen.limit"), "{ citizens { edges { cursor node { limit } } } }"),
        (grants(Citizen__name=masked("null")), "{ mayor { __typename name } }"),
        (grants(Citizen__income=masked("year")), "{ newcomers { income } }"),
    ],
    ids=["input", "list", "edges", "mask of null", "mask of a date"],
)
def test_a_right_that_opens_nothing_is_none_to_the_rows(
    city: City, right: Grants, text: str
) -> None:
    # The policies allow the field; what it is computed from they do not, or its mask does not suit.
    wire = city.gateway(right).ask(text)

    assert wire.json["data"] is None
    assert "row_right_required" in wire.body
    # That there is a connection is no secret.
    assert [each.text for each in wire.sent] in ([], ["{ citizens { __typename } }"])

    gateway = city.gateway({**right, "Citizen.phone": NAME_OF_REGION})
    wire = gateway.ask("{ mayor { limit } }", None, gateway.caller(region="990102"))
    assert [each.context["row_filters"] for each in wire.sent] == [{"Citizen": OF_REGION}]


@pytest.mark.parametrize("text", ["{ mayor { __typename } }", '{ newcomers { age(on: "D") } }'])
def test_a_field_is_no_right_without_the_argument_that_it_takes(city: City, text: str) -> None:
    denied = city.gateway(grants("Citizen.age")).ask(text)
    wire = city.gateway(grants("Citizen.age", Citizen__birthDate=uses("filter"))).ask(text)

    assert denied.json["data"] is None
    assert "row_right_required" in denied.body
    assert not denied.sent
    assert wire.data in ({"mayor": {"__typename": "Citizen"}}, {"newcomers": [{"age": None}]})


@pytest.mark.parametrize(
    "text",
    [
        f'mutation {{ rename(idNumber: "{ANN}", name: "N") {{ __typename }} }}',
        'mutation { enrol(name: "N") { __typename } }',
        'mutation { enrol(name: "N") { cursor } }',
    ],
    ids=["row", "edge", "cursor"],
)
def test_a_mutation_changes_no_row_of_another_region(city: City, text: str) -> None:
    gateway = city.gateway(grants(Citizen__name=NAME_OF_REGION))
    clerk = gateway.caller(region="990102")
    wire = gateway.ask(text, None, clerk)

    assert [each.context["row_filters"] for each in wire.sent] == [{"Citizen": OF_REGION}]


def test_a_right_to_all_rows_is_not_narrowed_by_one_to_some(city: City) -> None:
    gateway = city.gateway(grants("Citizen.phone", Citizen__name=NAME_OF_REGION))
    wire = gateway.ask("{ mayor { __typename } }", None, gateway.caller(region="990102"))

    assert wire.data == {"mayor": {"__typename": "Citizen"}}
    assert [each.context["row_filters"] for each in wire.sent] == [{}]


def test_rows_that_several_rights_open_are_seen_by_each(city: City) -> None:
    gateway = city.gateway(grants(Citizen__name=NAME_OF_REGION, Citizen__income=INCOME_BY_CONSENT))
    consent = city.issuer.consent(sub=ANN, aud="clerk", purpose=PURPOSE, fields=["Citizen.income"])
    headers = gateway.caller(region="990102") | {"datong-consent": consent}
    wire = gateway.ask("{ mayor { __typename } }", None, headers)

    of_ann = {"field": "idNumber", "op": "eq", "value": ANN}
    assert [each.context["row_filters"] for each in wire.sent] == [
        {"Citizen": {"or": [of_ann, OF_REGION]}}
    ]


def test_a_masked_value_is_a_right_to_its_row(city: City) -> None:
    wire = city.gateway(grants(Citizen__name=masked("initial"))).ask("{ mayor { __typename } }")

    assert wire.data == {"mayor": {"__typename": "Citizen"}}


@pytest.mark.parametrize(
    "text",
    [
        "{ parties { __typename } }",
        "{ parties { ... on Firm { title } } }",
        "{ parties { __typename ... on Citizen { phone } ... on Firm { code } } }",
    ],
)
def test_rows_of_one_type_are_not_there_beside_those_of_another(city: City, text: str) -> None:
    wire = city.gateway(grants("Firm.title", "Firm.code")).ask(text)

    assert [set(each) & {"__typename"} for each in wire.data["parties"]] in (
        [set()],
        [{"__typename"}],
    )
    assert "Citizen" not in str(wire.data)


def test_rows_that_are_dropped_are_not_missed_in_a_page(city: City) -> None:
    gateway = city.gateway(grants("Firm.title"))
    whole = gateway.ask("{ search { parties { __typename } } }")
    page = gateway.ask("{ search(first: 1) { parties { __typename } } }")

    assert whole.data == {"search": {"parties": [{"__typename": "Firm"}]}}
    assert page.json["data"] is None
    assert page.codes() == [("ACCESS_DENIED", "search.parties")]
    assert "parties" not in page.asked("people")


def test_a_single_row_is_null_as_if_there_were_none(city: City) -> None:
    rights = {**grants("Firm.title"), "Query.party(id:)": uses("filter")}
    wire = city.gateway(rights).ask(f'{{ party(id: "{ANN}") {{ __typename }} }}')

    assert wire.json == {"data": {"party": None}}


def test_the_length_of_a_list_is_no_count(city: City) -> None:
    gateway = city.gateway(grants("Firm.title"))
    wire = gateway.ask("{ newcomers { __typename } }")

    assert wire.json["data"] is None
    assert wire.codes() == [("ACCESS_DENIED", "newcomers")]


def test_what_opens_the_rows_is_named(city: City) -> None:
    wire = city.gateway(grants("Firm.title")).ask("{ newcomers { phone name } }")

    [error] = wire.errors
    assert error["message"] == (
        "Query.newcomers may not be read: it tells of rows of Citizen, of which nothing may be"
        " read, not even Citizen.name: grant_required, row_right_required"
    )
    assert error["extensions"]["cause"] == {"coordinate": "Citizen.name", "use": "select"}


@pytest.mark.parametrize(
    "text", ["{ papers { ... on %s { __typename } } }", "{ papers { text ... on %s { text } } }"]
)
def test_where_all_is_hidden_their_type_is_not_there_either(city: City, text: str) -> None:
    gateway = city.gateway(grants("Licence.text"), disclosure="hidden")
    hidden, unknown = (gateway.ask(text % name) for name in ("Sentence", "Unheard"))

    assert (hidden.status, hidden.body, hidden.sent) == (400, unknown.body, ())


def test_where_all_is_hidden_what_introspection_shows_can_be_asked(city: City) -> None:
    gateway = city.gateway(grants("Licence.text"), disclosure="hidden")
    shown = gateway.ask('{ __type(name: "Paper") { fields { name } possibleTypes { name } } }')
    wire = gateway.ask("{ papers { text } }")

    assert shown.data["__type"] == {
        "fields": [{"name": "text"}],
        "possibleTypes": [{"name": "Licence"}],
    }
    assert wire.json == {"data": {"papers": [{"text": "TEXT-LICENCE"}]}}


@pytest.mark.parametrize(
    ("right", "arguments"),
    [(grants("Firm.title"), []), (grants("Firm.title", "Citizen.name"), ["first"])],
    ids=["some rows unseen", "all seen"],
)
def test_where_all_is_hidden_a_page_is_offered_to_whom_it_is_answered(
    city: City, right: Grants, arguments: list[str]
) -> None:
    gateway = city.gateway(right, disclosure="hidden")
    shown = gateway.ask('{ __type(name: "Query") { fields { name args { name } } } }')
    whole = gateway.ask("{ search { parties { __typename } } }")
    page = gateway.ask("{ search(first: 1) { parties { __typename } } }")
    unknown = gateway.ask("{ search(unheard: 1) { parties { __typename } } }")

    told = {each["name"]: each["args"] for each in shown.data["__type"]["fields"]}
    assert [each["name"] for each in told["search"]] == arguments
    assert whole.data == {"search": {"parties": [{"__typename": "Firm"}]}}
    assert page.body == (whole.body if arguments else unknown.body)


def test_where_all_is_hidden_nothing_is_asked_of_rows_that_are_dropped(city: City) -> None:
    gateway = city.gateway(grants("Licence.text", "Licence.stamp"), disclosure="hidden")
    wire = gateway.ask("{ papers { text stamp } }")

    assert wire.data == {"papers": [{"text": "TEXT-LICENCE", "stamp": "STAMP-LICENCE"}]}
    assert "... on Licence { text" in wire.asked("people")
    assert [each.variables for each in wire.sent if each.subgraph == "register"] == [
        {"representations": [{"__typename": "Paper", "number": "L-1"}]}
    ]


@pytest.mark.parametrize("disclosure", ["explain", "hidden"])
def test_what_a_mutation_returns_is_refused_with_its_fields(city: City, disclosure: str) -> None:
    # Its rows are not dropped, whatever is told of them.
    gateway = city.gateway(grants("Licence.text"), disclosure=disclosure)
    wire = gateway.ask('mutation { renumber(number: "S-1") { text } }')

    assert wire.status in (400, 403)
    assert (wire.shows("TEXT-SENTENCE"), wire.sent) == (set(), ())


def test_where_all_is_hidden_a_mutation_names_no_type_of_which_nothing_may_be_read(
    city: City,
) -> None:
    text = f'mutation {{ %s(idNumber: "{ANN}", name: "N") {{ __typename }} }}'
    gateway = city.gateway(grants("Firm.title"), disclosure="hidden")
    hidden, unknown = (gateway.ask(text % name) for name in ("rename", "unheard"))

    assert (hidden.status, hidden.body, hidden.sent) == (400, unknown.body, ())
