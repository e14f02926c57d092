"""What a caller learns of fields that it may not read: their names, or not even those.

Introspection and messages of validation show each caller its own view of the schema. Under
`explain` (the default) whoever asks for a denied field by its name is told why; under `hidden` it
answers exactly as one that does not exist.
"""

from pathlib import Path

import pytest

from tests.no_leak.city import PURPOSE, City, Wire, grants, uses
from tests.no_leak.departments import ANN

RIGHTS = grants("Citizen.name")
# Whose answers callers with other purposes share.
PURPOSELESS = """
# METADATA
# entrypoint: true
# custom:
#   reads:
#     - caller.kind
package datong.access

decision := {
	"contract": 1,
	"fields": {c: {use: verdict(c) | some use, _ in uses} | some c, uses in input.fields},
	"row_filters": {},
}

verdict(c) := {"effect": "allow", "reasons": ["open"], "rule": "all"} if {
	data.catalogue.fields[c]
	c != "Citizen.phone"
} else := {"effect": "deny", "reasons": ["closed"], "rule": "all"}
"""


def _seen(wire: Wire) -> tuple[int, str, list[str]]:
    """What the client gets but for the request's id and time."""
    own = ("date:", "datong-request:")
    headers = [line for line in wire.headers.splitlines() if not line.startswith(own)]
    return wire.status, wire.body, headers


@pytest.mark.parametrize(
    "text",
    [
        "{ mayor { %s } }",
        "{ mayor { name a: %s } }",
        "{ mayor { %s { deeper } } }",
        "{ mayor { name %s @skip(if: true) } }",
        "{ mayor { name ... @include(if: false) { %s } } }",
        "{ mayor { ... on Party { ... on Firm { owner { %s } } } name } }",
        "query A { mayor { name } } query B { mayor { %s } }",
        "query($x: Boolean = false) { mayor { name %s @include(if: $x) } }",
        "{ mayor { name %s(of: 1) } }",
    ],
)
def test_hidden_fields_answer_as_fields_that_do_not_exist(city: City, text: str) -> None:
    gateway = city.gateway(RIGHTS, disclosure="hidden")
    name = "A" if "query A" in text else None
    hidden = gateway.ask(text % "phone", operationName=name)
    unknown = gateway.ask(text % "unheard", operationName=name)

    assert _seen(hidden) == _seen(unknown)
    assert hidden.status == 400
    assert hidden.sent == ()
    assert hidden.shows("phone") <= {"audit"}


@pytest.mark.parametrize(
    ("text", "hidden", "variables"),
    [
        ("query($x: String) { firms(%s: $x) { title } }", "ownedBy", {}),
        ("query($x: String) { citizens(where: {%s: $x}) { edges { cursor } } }", "born", {}),
        (
            "query($x: String) { citizens(where: {all: [{%s: $x}]}) { edges { cursor } } }",
            "born",
            {},
        ),
        ("query($x: String) { sought(lived: {%s: $x}) { name } }", "since", {}),
        ("{ sought(%s: []) { name } }", "secret", {}),
        ("query($x: [%s!]) { sought(secret: $x) { name } }", "Secret", {}),
        ("query($x: [%s!]) { sought(secret: $x) { name } }", "Secret", {"x": []}),
    ],
)
def test_hidden_inputs_answer_so_where_they_have_no_value(
    city: City, text: str, hidden: str, variables: dict[str, object]
) -> None:
    gateway = city.gateway(grants("Citizen.name", "Firm.title"), disclosure="hidden")
    # What was asked before, and by somebody who may, makes no difference.
    wires = [gateway.ask(text % name, variables) for name in (hidden, "unheard", hidden)]

    assert [_seen(wire) for wire in wires] == [_seen(wires[1])] * 3
    assert wires[0].status == 400
    assert wires[0].sent == ()


@pytest.mark.parametrize(
    "query",
    [
        "query($n: String, $f: Int) { citizens(first: $f, where: {name: $n}) { edges {cursor} } }",
        "query($o: [CitizenOrder!]) { citizens(order: $o) { edges { cursor } } }",
        "{ citizens(where: {}, order: []) { edges { cursor } } }",
        "query($l: Lived) { sought(lived: $l) { name } }",
    ],
)
def test_inputs_that_are_seen_need_no_value_under_hidden(city: City, query: str) -> None:
    rights = grants(Citizen__name=uses("select", "filter"))
    [first, second] = [city.gateway(rights, disclosure="hidden").ask(query) for _ in range(2)]

    assert first.status == second.status == 200
    assert first.errors == second.errors == []


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ('{ citizens(where: {born: "1990"}) { totalCount } }', {}),
        ('{ citizens(where: {never: "1990"}) { totalCount } }', {}),
        ("query($w: CitizenFilter) { citizens(where: $w) { totalCount } }", {"w": {"born": "1"}}),
        ("query($w: CitizenFilter) { citizens(where: $w) { totalCount } }", {"w": {"never": "1"}}),
        ("query($w: CitizenFilter) { citizens(where: $w) { totalCount } }", {"w": {"born": []}}),
        ("{ citizens(order: BIRTH) { totalCount } }", {}),
        ("{ citizens(order: NEVER) { totalCount } }", {}),
        ("mutation { rename { name } }", {}),
    ],
)
def test_hidden_disclosure_has_one_answer_for_all_that_the_schema_decides(
    city: City, query: str, variables: dict[str, object]
) -> None:
    gateway = city.gateway(RIGHTS, disclosure="hidden")
    wire = gateway.ask(query, variables)

    assert _seen(wire) == _seen(gateway.ask("{ nothing }"))
    assert wire.sent == ()


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("query($n: Int) { mayor { %s } citizens(first: $n) { totalCount } }", {"n": 1_001}),
        (
            "query($o: [CitizenOrder!]) { mayor { %s } citizens(order: $o) { totalCount } }",
            {"o": ["ANY"] * 1_001},
        ),
        ("query($x: Boolean = true) { mayor { name %s @include(if: $x) } }", {"x": None}),
    ],
    ids=["page", "list", "condition"],
)
def test_hidden_fields_answer_so_whatever_the_variables_are(
    city: City, text: str, variables: dict[str, object]
) -> None:
    gateway = city.gateway(RIGHTS, disclosure="hidden")
    hidden, unknown = (gateway.ask(text % each, variables) for each in ("phone", "unheard"))

    assert _seen(hidden) == _seen(unknown)
    assert hidden.shows("phone") <= {"audit"}


def test_hidden_fields_answer_so_where_the_operation_would_be_refused_anyway(city: City) -> None:
    gateway = city.gateway(RIGHTS, disclosure="hidden")
    text = 'mutation { rename(idNumber: "1", name: "x") { %s } }'
    hidden, unknown = gateway.get(text % "phone"), gateway.get(text % "unheard")

    assert _seen(hidden) == _seen(unknown)
    assert hidden.sent == ()


@pytest.mark.parametrize("mode", ["prune", "refuse"])
def test_a_refusal_names_where_access_can_be_requested_unless_all_is_hidden(
    city: City, mode: str
) -> None:
    page = "https://city.example/request?from=api"
    query = f'{{ citizen(idNumber: "{ANN}") {{ phone }} }}'
    shown = city.gateway(RIGHTS, mode=mode, request_url=page).ask(query)
    hidden = city.gateway(RIGHTS, mode=mode, request_url=page, disclosure="hidden").ask(query)

    [error] = shown.errors
    link = f"{page}&coordinate=Citizen.idNumber&use=filter&purpose=work"
    assert error["extensions"]["requestAccess"] == link
    assert ANN not in shown.body
    assert page not in hidden.body


@pytest.mark.parametrize("mode", ["prune", "refuse"])
def test_callers_who_share_a_decision_get_links_for_the_purpose_of_each(
    city: City, tmp_path: Path, mode: str
) -> None:
    (tmp_path / "datong").mkdir()
    (tmp_path / "datong/access.rego").write_text(PURPOSELESS)
    gateway = city.gateway(mode=mode, request_url="https://city.example", policies=str(tmp_path))
    links = []
    for purpose in ("first purpose", "second&use=all", None, "first purpose"):
        headers = gateway.caller(purposes=[purpose])
        del headers["datong-purpose"]
        headers |= {"datong-purpose": purpose} if purpose else {}
        [error] = gateway.ask("{ mayor { phone } }", headers=headers).errors
        links.append(error["extensions"]["requestAccess"])

    plain = "https://city.example?coordinate=Citizen.phone&use=select"
    first, second = f"{plain}&purpose=first+purpose", f"{plain}&purpose=second%26use%3Dall"
    assert links == [first, second, plain, first]


def test_a_count_that_is_too_small_names_where_access_can_be_requested(city: City) -> None:
    page = "https://city.example/request"
    query = "{ citizens { totalCount } }"
    small = {"smallest_count": 20_223, "request_url": page}
    [error] = city.gateway(grants("Firm.title"), **small).ask(query).errors
    hidden = city.gateway(grants("Firm.title"), **small, disclosure="hidden").ask(query)

    link = f"{page}?coordinate=CitizenConnection.totalCount&use=select&purpose=work"
    assert error["extensions"]["reasons"] == ["count_too_small"]
    assert error["extensions"]["requestAccess"] == link
    assert page not in hidden.body


def test_hidden_disclosure_answers_what_is_allowed(city: City) -> None:
    wire = city.gateway(RIGHTS, disclosure="hidden").ask("{ mayor { name } }")

    assert wire.json == {"data": {"mayor": {"name": "NAME-BEN"}}}


def test_explaining_tells_names_and_reasons_and_no_value(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    denied = gateway.ask("{ mayor { phone } }")

    assert denied.errors[0]["extensions"]["coordinate"] == "Citizen.phone"
    assert "grant_required" in denied.body
    assert denied.shows("PHONE-BEN") == set()


SCHEMA = "{ __schema { types { name fields { name } } } }"


@pytest.mark.parametrize("disclosure", ["explain", "hidden"])
def test_introspection_shows_what_the_caller_can_get_and_no_more(
    city: City, disclosure: str
) -> None:
    gateway = city.gateway(RIGHTS, disclosure=disclosure)
    wire = gateway.ask(SCHEMA)
    known = gateway.ask(
        '{ a: __type(name: "Citizen") { fields { name } } b: __type(name: "Firm") {name}}'
    )

    assert known.data == {"a": {"fields": [{"name": "name"}]}, "b": None}
    for name in ("phone", "Firm", "Sentence", "born", "Account"):
        assert f'"{name}"' not in wire.body
    assert wire.sent == ()


def test_introspection_is_for_a_purpose_too(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    without = {"authorization": gateway.caller()["authorization"]}
    wire = gateway.ask(SCHEMA, None, without)

    assert '"Citizen"' not in wire.body


@pytest.mark.parametrize(
    "text",
    [
        "{ mayor { %s { deeper } } }",
        "{ mayor { %s(of: 1) } }",
        "{ mayor { name { %s } } }",
        "{ citizens(where: {%s: 3}) { totalCount } }",
        "{ mayor { name ...F } } fragment F on %s { name }",
        "{ mayor { name ...F @%s } } fragment F on Citizen { name }",
        "{ citizens(order: [%s, NEITHER]) { totalCount } }",
    ],
)
def test_messages_of_validation_name_only_what_the_client_wrote_itself(
    city: City, text: str
) -> None:
    gateway = city.gateway(RIGHTS)
    for hidden, unknown in (
        ("phone", "never"),
        ("born", "none"),
        ("Firm", "Fine"),
        ("BIRTH", "BERTH"),
    ):
        one, other = gateway.ask(text % hidden), gateway.ask(text % unknown)

        assert one.status == other.status == 400
        assert one.body.replace(hidden, unknown) == other.body


def test_a_variable_of_a_hidden_type_tells_nothing_of_it(city: City) -> None:
    wire = city.gateway(RIGHTS).ask(
        "query($o: [CitizenOrder!]) { citizens(order: $o) { totalCount } }", {"o": "NEVER"}
    )

    assert wire.status == 400
    assert "ANY" not in wire.body
    assert "BIRTH" not in wire.body


def test_messages_of_validation_suggest_no_other_names(city: City) -> None:
    wire = city.gateway(RIGHTS).ask("{ mayor { phon } citizen(idNumbr: 1) { name } }")

    assert wire.status == 400
    assert "phone" not in wire.body
    assert "Did you mean" not in wire.body


def test_introspection_takes_a_caller_too(city: City) -> None:
    wire = city.gateway(RIGHTS).ask("{ __schema { types { name } } }", headers={})

    assert wire.status == 401
    assert "Citizen" not in wire.body
    assert wire.shows(ANN) == set()


def test_a_consent_shows_what_it_opens(city: City) -> None:
    gateway = city.gateway(grants(Citizen__name={"uses": {"select": True}, "consent": True}))
    text = '{ __type(name: "Citizen") { fields { name } } mayor { name } }'
    consent = city.issuer.consent(sub=ANN, aud="clerk", purpose=PURPOSE, fields=["Citizen.name"])
    without = gateway.ask(text)
    with_it = gateway.ask(text, None, gateway.caller() | {"datong-consent": consent})

    assert without.json["data"] is None
    assert with_it.data["__type"] == {"fields": [{"name": "name"}]}
    assert set(with_it.data["mayor"]) == {"name"}
