"""The claims that make sense at any gateway; each looks for what nobody should find.

A claim gives what it found, as sentences; one that finds nothing holds. Claims about what
federation itself hides need `NOTHING`; `SCOPES` those about fields that take a scope which one
caller lacks; `VIEWS` those that also want names hidden from who may not read the values.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from graphql import GraphQLError
from starlette.responses import JSONResponse

from tests.no_leak.anywhere.graph import SCOPE
from tests.no_leak.anywhere.world import AUDITOR, CLERK, Answer, World, bearer, broken


class Needs(StrEnum):
    """What a gateway must know for a claim to make sense."""

    NOTHING = "nothing"
    SCOPES = "scopes"
    VIEWS = "views"


Trial = Callable[[World], Iterator[str]]


@dataclass(frozen=True)
class Claim:
    """One sentence and how it is tried."""

    name: str
    says: str
    needs: Needs
    trial: Trial


CLAIMS: list[Claim] = []


def claim(needs: Needs, says: str) -> Callable[[Trial], Trial]:
    def note(trial: Trial) -> Trial:
        CLAIMS.append(Claim(trial.__name__.replace("_", "-"), says, needs, trial))
        return trial

    return note


def control(world: World, caller: str) -> str:
    """Why claims of this caller would say nothing; empty when what it may read is answered."""
    query, expected = {
        CLERK: (
            "query Control { mayor { name office } }",
            {"mayor": {"name": "NAME-BEN", "office": "OFFICE-BEN"}},
        ),
        AUDITOR: (
            "query Control { mayor { phone income limit } }",
            {"mayor": {"phone": "PHONE-BEN", "income": 660_066, "limit": 550_055}},
        ),
    }[caller]
    answer = world.ask(query, caller)
    if answer.data == expected:
        return ""
    return f"{caller} should get {json.dumps(expected)} and gets {answer.body[:300]}"


# What federation itself hides.

HIDDEN = ("ledger", "vault", "Vault", "MOOD_UNHEARD_OF")
INTROSPECTION = "{ __schema { types { name fields { name } enumValues { name } } } }"


@claim(Needs.NOTHING, "introspection names nothing that is @inaccessible")
def inaccessible_introspection(world: World) -> Iterator[str]:
    yield from world.ask(INTROSPECTION).shows(*(f'"{name}"' for name in HIDDEN))
    answer = world.ask('{ __type(name: "Vault") { kind } }')
    if (answer.data or {}).get("__type"):
        yield "__type describes Vault"


@claim(Needs.NOTHING, "an @inaccessible name is refused in the words for one that does not exist")
def inaccessible_names(world: World) -> Iterator[str]:
    for text, hidden, unknown in (
        ("{ mayor { name %s } }", "ledger", "xqzxqz"),
        ("{ mayor { %s { content } } }", "vault", "xqzxq"),
        ("{ mayor { ... on %s { content } } }", "Vault", "Xqzxq"),
        ("{ citizens(mood: %s) { name } }", "MOOD_UNHEARD_OF", "XQZX_QZXQZXQ_XQ"),
    ):
        one, other = world.ask(text % hidden), world.ask(text % unknown)
        yield from one.shows("LEDGER-BEN", "VAULT-BEN")
        if (one.status, one.body.replace(hidden, unknown)) != (other.status, other.body):
            yield f"{hidden} is refused by {one.body[:200]} and {unknown} by {other.body[:200]}"


@claim(Needs.NOTHING, "messages of validation suggest no @inaccessible name")
def inaccessible_suggestions(world: World) -> Iterator[str]:
    for text in (
        "{ mayor { ledge } }",
        "{ mayor { vaul } }",
        "{ mayor { ... on Vaul { content } } }",
        "{ citizens(mood: MOOD_UNHEARD) { name } }",
    ):
        answer = world.ask(text)
        yield from answer.shows(
            *(f"{mark}{name}{mark}" for name in HIDDEN for mark in ('\\"', "'"))
        )
    variables = {"m": "MOOD_UNHEARD"}
    answer = world.ask("query($m: Mood) { citizens(mood: $m) { name } }", variables=variables)
    yield from answer.shows("MOOD_UNHEARD_OF")


@claim(Needs.NOTHING, "an @inaccessible enum value that a subgraph sends is not shown")
def inaccessible_enum_value(world: World) -> Iterator[str]:
    world.departments.faults["Citizen", "mood"] = lambda *_: "MOOD_UNHEARD_OF"
    yield from world.ask("{ mayor { name mood } }").shows("MOOD_UNHEARD_OF")


@claim(Needs.NOTHING, "keys that only join are in no part of the answer, nor when the join fails")
def joining_keys(world: World) -> Iterator[str]:
    answer = world.ask("{ mayor { office } }")
    yield from answer.shows("LEDGER-BEN")
    if answer.data is not None and answer.data != {"mayor": {"office": "OFFICE-BEN"}}:
        yield f"the answer holds other keys than asked for: {json.dumps(answer.data)}"
    world.departments.replies["tax"] = broken("no citizen LEDGER-BEN")
    yield from world.ask("{ mayor { name office } }").shows("LEDGER-BEN")


@claim(Needs.NOTHING, "aliases and type names that the gateway adds are not in the answer")
def internal_aliases(world: World) -> Iterator[str]:
    answer = world.ask("{ papers { ... on Licence { text number } ... on Sentence { number } } }")
    expected = {"papers": [{"text": "TEXT-LICENCE", "number": "L-1"}, {"number": "S-1"}]}
    if answer.data is not None and answer.data != expected:
        yield f"the answer holds other keys than asked for: {json.dumps(answer.data)}"


@claim(Needs.NOTHING, "fields of the federation machinery cannot be asked for")
def machinery(world: World) -> Iterator[str]:
    yield from world.ask("{ _service { sdl } }").shows("@inaccessible", "ledger: ID")
    answer = world.ask(
        '{ _entities(representations: [{__typename: "Citizen", ledger: "LEDGER-BEN"}])'
        " { ... on Citizen { office } } }"
    )
    yield from answer.shows("OFFICE-BEN")


ERROR_TEXT = "SELECT salary_text FROM person WHERE id = 'ROW-KEY-7'"


@claim(Needs.NOTHING, "the text of a subgraph's error does not reach the client")
def error_texts(world: World) -> Iterator[str]:
    world.departments.faults["Citizen", "age"] = _fails
    yield from world.ask("{ mayor { name age } }").shows("SELECT", "salary_text", "ROW-KEY-7")


@claim(Needs.NOTHING, "the extensions of a subgraph's error do not reach the client")
def error_extensions(world: World) -> Iterator[str]:
    world.departments.faults["Citizen", "age"] = _fails
    yield from world.ask("{ mayor { name age } }").shows("salary_column", "trace-of-the-database")


@claim(Needs.NOTHING, "a subgraph that falls over tells the client nothing of itself")
def broken_subgraph(world: World) -> Iterator[str]:
    world.departments.replies["tax"] = broken("Traceback: connection to DATABASE-HOST refused")
    answer = world.ask("{ mayor { name office } }")
    yield from answer.shows("DATABASE-HOST", "Traceback", f":{world.port}")


@claim(Needs.NOTHING, "a value of a wrong type is not repeated in the error about it")
def wrong_values(world: World) -> Iterator[str]:
    reply = {"data": {"mayor": {"__typename": "Citizen", "name": "NAME-BEN", "age": "FORTY-YEARS"}}}
    world.departments.replies["people"] = JSONResponse(reply)
    yield from world.ask("{ mayor { name age } }").shows("FORTY-YEARS")


@claim(Needs.NOTHING, "headers and extensions of a subgraph's answer do not reach the client")
def subgraph_headers(world: World) -> Iterator[str]:
    headers = {"set-cookie": "session=SESSION-OF-A-DEPARTMENT", "x-node": "NODE-OF-A-DEPARTMENT"}
    world.departments.extra = (headers, {"extensions": {"debug": "DEBUG-OF-A-DEPARTMENT"}})
    answer = world.ask("{ mayor { name } }")
    yield from answer.shows(*(f"{name}-OF-A-DEPARTMENT" for name in ("SESSION", "NODE", "DEBUG")))


@claim(Needs.NOTHING, "a client's credentials and internal headers do not reach subgraphs")
def client_headers(world: World) -> Iterator[str]:
    forged = {
        "cookie": "session=forged",
        "datong-context": "forged",
        "x-internal-user": "forged",
        "x-hasura-role": "forged",
    }
    answer = world.ask("{ mayor { name } }", headers=forged)
    credentials = world.callers[CLERK].keys()
    for sent in answer.sent:
        for name in sorted({*forged, *credentials}):
            if name in sent.headers and (name in credentials or "forged" in sent.headers[name]):
                yield f"{sent.subgraph} gets the client's {name}"


@claim(Needs.NOTHING, "a mutation is not executed for a GET")
def mutation_by_get(world: World) -> Iterator[str]:
    answer = world.get(query='mutation { rename(name: "x") { name } }')
    if any("rename" in sent.text for sent in answer.sent):
        yield "a subgraph is asked for rename"


# Fields that take a scope.


@claim(Needs.SCOPES, "a field without the scope is not shown, and no subgraph is asked for it")
def field_without_scope(world: World) -> Iterator[str]:
    yield from _looked_for(world.ask("{ mayor { name phone income } }"), "phone", "income")


@claim(Needs.SCOPES, "aliases, fragments and shared response keys do not open a field")
def other_names(world: World) -> Iterator[str]:
    for text in (
        "{ mayor { name: phone } }",
        "{ mayor { ...F } } fragment F on Citizen { a: phone b: income }",
        "{ mayor { ... on Citizen { ... { name: phone } } } }",
        "{ papers { ... on Licence { key: text } ... on Sentence { key: text } } }",
        "{ citizens { home { street: door } } }",
    ):
        yield from _looked_for(world.ask(text), "phone", "income")


@claim(Needs.SCOPES, "@skip and @include do not open a field")
def conditions(world: World) -> Iterator[str]:
    text = """query($x: Boolean!, $y: Boolean = false) { mayor { name
      a: phone @include(if: $x) b: phone @skip(if: $y) ... @include(if: $x) { c: phone } } }"""
    yield from _looked_for(world.ask(text, variables={"x": True}), "phone")
    yield from _looked_for(world.ask(text, variables={"x": True, "y": True}), "phone")


@claim(Needs.SCOPES, "what is computed from a denied field is not shown, nor its input fetched")
def computed_fields(world: World) -> Iterator[str]:
    yield from _looked_for(world.ask("{ mayor { name limit } }"), "income", "limit")


@claim(Needs.SCOPES, "a denied non-null field does not open its object")
def non_null_fields(world: World) -> Iterator[str]:
    yield from _looked_for(world.ask("{ mayor { name home { street door } } }"), "door")


@claim(Needs.SCOPES, "a mutation's selection opens no field")
def mutations(world: World) -> Iterator[str]:
    yield from _looked_for(world.ask('mutation { rename(name: "x") { name phone } }'), "phone")


@claim(Needs.SCOPES, "parts of a response (@defer) open no field")
def deferred_parts(world: World) -> Iterator[str]:
    accept = {"accept": "multipart/mixed, application/json"}
    text = "{ mayor { name ... @defer { phone income } } }"
    yield from _looked_for(world.ask(text, headers=accept), "phone", "income")


@claim(Needs.SCOPES, "a batch opens no field")
def batches(world: World) -> Iterator[str]:
    batch = [{"query": "{ mayor { name } }"}, {"query": "{ mayor { phone } }"}]
    yield from _looked_for(world.post(json.dumps(batch)), "phone")


@claim(Needs.SCOPES, "of several operations in a document the chosen one is judged")
def several_operations(world: World) -> Iterator[str]:
    document = "query Good { mayor { name } } query Bad { mayor { phone } }"
    for name in ("Good", "Bad", None):
        body = {"query": document, "operationName": name}
        yield from _looked_for(world.post(json.dumps(body)), "phone")


@claim(Needs.SCOPES, "an answer that was given to one caller is not given to another")
def caches(world: World) -> Iterator[str]:
    text = "query Kept { mayor { name phone } }"
    world.ask(text, AUDITOR)
    yield from _looked_for(world.ask(text, CLERK), "phone")
    yield from world.ask(text, None).shows("PHONE-BEN")


@claim(Needs.SCOPES, "callers who ask the same at the same moment get answers of their own")
def in_flight(world: World) -> Iterator[str]:
    callers = [AUDITOR, CLERK] * 8
    answers = world.at_once("query Together { mayor { name phone income } }", callers)
    for caller, answer in zip(callers, answers, strict=True):
        if caller == CLERK:
            yield from answer.shows("PHONE-BEN", 660_066)
        elif (answer.data or {}).get("mayor", {}).get("phone") != "PHONE-BEN":
            yield f"who may read phone gets {answer.body[:200]}"


@claim(Needs.SCOPES, "a persisted document that one caller registered opens nothing to another")
def persisted_documents(world: World) -> Iterator[str]:
    text = "query Persisted { mayor { name phone } }"
    extensions = {
        "persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}
    }
    world.ask(text, AUDITOR, extensions=extensions)
    yield from _looked_for(world.post(json.dumps({"extensions": extensions})), "phone")


@claim(Needs.SCOPES, "a token that nobody trusted has signed opens nothing")
def forged_tokens(world: World) -> Iterator[str]:
    text = "{ mayor { name phone } }"
    forged = bearer(world.forger, AUDITOR, SCOPE)
    yield from world.ask(text, None, forged).shows("PHONE-BEN")
    head, claims, _ = forged["authorization"].split(".")
    unsigned = f"Bearer eyJhbGciOiJub25lIn0.{claims}."
    yield from world.ask(text, None, {"authorization": unsigned}).shows("PHONE-BEN")
    yield from world.ask(text, None, {"authorization": f"{head}.{claims}."}).shows("PHONE-BEN")


@claim(Needs.SCOPES, "errors about a denied field hold none of its values")
def denial_errors(world: World) -> Iterator[str]:
    world.departments.faults["Citizen", "phone"] = _fails
    yield from world.ask("{ mayor { name phone } }").shows("SELECT", "ROW-KEY-7")
    world.departments.heal()
    world.departments.faults["Citizen", "income"] = _fails
    yield from world.ask("{ mayor { name limit } }").shows("SELECT", "ROW-KEY-7")


@claim(Needs.VIEWS, "introspection does not name what its reader may not read")
def view_introspection(world: World) -> Iterator[str]:
    yield from world.ask(INTROSPECTION).shows('"phone"', '"income"', '"door"')


@claim(Needs.VIEWS, "messages of validation suggest no name that their reader may not read")
def view_suggestions(world: World) -> Iterator[str]:
    for text in ("{ mayor { phon } }", "{ mayor { incom } }", "{ mayor { home { doo } } }"):
        answer = world.ask(text)
        yield from answer.shows(
            *(
                f"{mark}{name}{mark}"
                for name in ("phone", "income", "door")
                for mark in ('\\"', "'")
            )
        )


def _looked_for(answer: Answer, *names: str) -> Iterator[str]:
    """Values that take the scope, and fields that no subgraph should be asked for."""
    yield from answer.shows("PHONE-BEN", "DOOR-BEN", "TEXT-SENTENCE", 660_066, 550_055)
    yield from answer.asks_for(*names)


def _fails(_row: dict[str, Any], _arguments: dict[str, Any]) -> Any:
    raise GraphQLError(
        ERROR_TEXT,
        extensions={"code": "BAD", "column": "salary_column", "trace": "trace-of-the-database"},
    )
