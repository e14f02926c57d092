"""Every answer has its record before it leaves; records and log lines name fields, never values."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from federation.audit import AuditRecord, RecordKind, subject_digest
from federation.errors import AuditUnavailable
from federation.gateway.access_log import AccessLog
from federation.gateway.intents import Intents
from federation.gateway.messages import Request, Response
from federation.gateway.pipeline import Gateway
from federation.gateway.running import start_gateway
from federation.gateway.settings import Config
from federation.gateway.trail import Recorder
from tests.no_leak.city import City, Grants, grants, masked, uses
from tests.no_leak.departments import ANN, BEN

RIGHTS = grants("Citizen.income", Citizen__name=masked("initial"), Citizen__idNumber=uses("filter"))
QUESTION = "query Q($n: ID!) { citizen(idNumber: $n) { a: name phone income } }"


def test_records_and_lines_hold_names_and_no_values(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    wires = [
        gateway.ask(QUESTION, {"n": ANN}),
        gateway.ask(f'{{ citizen(idNumber: "{ANN}") {{ name }} }}'),
        gateway.ask(f'{{ citizen(idNumber: """x"{ANN} 张三""") {{ name }} }}'),
        gateway.ask(f'{{ x{ANN}: citizen(idNumber: "1") {{ name }} }}'),
        gateway.get(QUESTION, variables=json.dumps({"n": ANN})),
        gateway.get(f'{{ citizen(idNumber: "{ANN}") {{ never }} }}'),
        gateway.ask("query($n: ID!) { citizen(idNumber: [$n]) { name } }", {"n": ANN}),
        gateway.ask(QUESTION, {"n": [ANN]}),
        gateway.ask(QUESTION.replace("Q(", "("), {"n": ANN}, operationName=ANN),
    ]

    for wire in wires:
        for secret in (ANN, "NAME-ANN", "PHONE-ANN", "770077", "张三"):
            assert not wire.shows(secret) & {"log", "audit"}, wire
        assert "/graphql?" not in wire.log
    assert wires[0].data == {"citizen": {"a": "N**", "phone": None, "income": 770_077}}
    assert [record["kind"] for record in wires[0].records] == ["release"]


def test_the_texts_of_operations_in_the_trail_hold_no_literals(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    gateway.ask(f'{{ a{ANN}: citizen(idNumber: """x"{ANN} 张三""") {{ name }} }}')

    raw = b"".join(file.read_bytes() for file in gateway.audit.parent.glob("audit.sqlite*"))
    assert ANN.encode() not in raw
    assert "张三".encode() not in raw


def test_recorded_questions_name_no_person(city: City, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    gateway = city.gateway(RIGHTS, questions_file=str(file))
    consent = city.issuer.consent(aud="clerk", sub=ANN, purpose="work", jti=f"of-{BEN}")
    headers = {**gateway.caller(), "datong-consent": consent}

    wire = gateway.ask(QUESTION, {"n": ANN}, headers)
    gateway.ask(f'{{ x{ANN}: citizen(idNumber: "{ANN}") {{ name }} }}', None, headers)
    gateway.ask("{ mayor { name } }", None, gateway.caller(sub=ANN))

    text = file.read_text()
    questions = [json.loads(line) for line in text.splitlines()]
    assert wire.data["citizen"]["income"] == 770_077
    assert [len(each["consents"]) for each in questions] == [1, 1, 0]
    assert [name for name in (ANN, BEN, "clerk", "NAME-ANN") if name in text] == []


def test_a_record_tells_each_verdict_and_what_was_asked_where(city: City) -> None:
    wire = city.gateway(RIGHTS).ask(QUESTION, {"n": ANN})

    (release,) = [record for record in wire.records if record["kind"] == "release"]
    told = json.dumps(release["verdicts"])
    assert all(each in told for each in ("Citizen.phone", "Citizen.income", "deny", "mask"))
    assert release["caller"]["id"] == "clerk"
    assert release["purpose"] == "work"


def test_a_record_tells_who_holds_what_was_decided(city: City) -> None:
    wire = city.gateway(RIGHTS).ask(QUESTION, {"n": ANN})

    held = {
        coordinate: group["departments"]
        for group in wire.records[-1]["verdicts"]
        for coordinate in group["coordinates"]
    }
    assert held["Citizen.income"] == ["tax"]
    assert held["Query.citizen"] == ["people"]


def test_a_record_tells_what_was_searched_by_from_what_was_read(city: City) -> None:
    wire = city.gateway(RIGHTS).ask(QUESTION, {"n": ANN})

    uses_told = {
        coordinate: group.get("use", "select")
        for group in wire.records[-1]["verdicts"]
        for coordinate in group["coordinates"]
    }
    assert uses_told["Citizen.income"] == "select"
    assert uses_told["Citizen.idNumber"] == "filter"


@pytest.mark.parametrize("disclosure", ["explain", "hidden"])
def test_a_record_tells_which_field_was_refused_for_its_rows(city: City, disclosure: str) -> None:
    gateway = city.gateway(grants("Firm.title"), disclosure=disclosure)
    wire = gateway.ask("{ mayor { __typename phone } firms { title } }")

    told = {
        coordinate: (group["effect"], group["rule"], group["departments"])
        for group in wire.records[-1]["verdicts"]
        for coordinate in group["coordinates"]
    }
    assert told.pop("Query.mayor") == ("deny", "gateway:row_right_required", ["people"])
    assert {coordinate: effect for coordinate, (effect, _, _) in told.items()} == {
        "Citizen.phone": "deny",
        "Firm.title": "allow",
        "Query.firms": "allow",
    }


def test_a_record_tells_of_no_refusal_where_rows_are_seen(city: City) -> None:
    rights = {**grants("Firm.title"), **grants("Citizen.name")}
    wire = city.gateway(rights).ask("{ mayor { __typename phone } firms { title } }")

    assert wire.data["mayor"] == {"__typename": "Citizen", "phone": None}
    assert "gateway" not in json.dumps(wire.records[-1]["verdicts"])


def test_a_release_names_the_persons_in_it_and_counts_masked_values(city: City) -> None:
    rights = grants("Citizen.account", "Account.balance", Citizen__name=masked("initial"))
    gateway = city.gateway(rights)
    wire = gateway.ask("{ citizens { edges { node { name account { __typename } } } } }")

    release = wire.records[-1]
    people = sorted(subject_digest(gateway.audit_key, number) for number in (ANN, BEN))
    named = [
        {"type": name, "by": "subject", "digests": people, "unnamed": 0}
        for name in ("Account", "Citizen")
    ]
    assert release["entities"] == named
    assert (release["masked"], release["subjects"]) == (2, [])
    assert "idNumber" not in wire.body
    assert "owner" not in wire.body


def test_what_was_not_released_is_not_named(city: City) -> None:
    rights = {**RIGHTS, **grants("Firm.owner")}
    wire = city.gateway(rights).ask("{ mayor { name phone } firms { title } }")

    types = {each["type"] for each in wire.records[-1]["entities"]}
    assert wire.data["firms"] is None or "Firm" in types
    assert ("Citizen" in types) == (wire.data["mayor"] is not None)


@pytest.mark.parametrize("rights", [RIGHTS, grants()], ids=["allowed", "denied"])
def test_a_search_names_the_person_sought_whatever_it_finds(city: City, rights: Grants) -> None:
    gateway = city.gateway(rights)
    nobody = "99010219700101004x"

    wire = gateway.ask(QUESTION, {"n": nobody})

    sought = [subject_digest(gateway.audit_key, nobody.upper())]
    assert [record["subjects"] for record in wire.records] == [sought] * len(wire.records)
    assert wire.records[-1]["kind"] == "release"


class HeldSink:
    """Records that become durable when a test lets them, or never."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.met = {kind: asyncio.Event() for kind in RecordKind}
        self.records: list[AuditRecord] = []
        self.fails: set[RecordKind] = set()

    async def append(self, record: AuditRecord, _text: str | None = None) -> None:
        self.records.append(record)
        self.met[record.kind].set()
        if record.kind in self.fails:
            raise AuditUnavailable("the disk is full")
        await self.let_go.wait()


@asynccontextmanager
async def _held(
    city: City, patience_seconds: float = 60
) -> AsyncIterator[tuple[Gateway, HeldSink]]:
    base = city.gateway(RIGHTS).config
    config = Config(http=base.http, access=base.access, identity=base.identity)
    sink, log = HeldSink(), AccessLog()
    async with start_gateway(config, city.supergraph, log) as running:
        gateway = running.gateway
        gateway._parts = replace(  # noqa: SLF001 - the sink is wired where the gateway is made
            gateway._parts,  # noqa: SLF001
            recorder=Recorder(sink, log, intents=Intents(patience_seconds)),
        )
        yield gateway, sink


def _request(city: City, query: str) -> Request:
    headers = Headers(city.gateway(RIGHTS).caller())
    return Request("r1", query, {"n": ANN}, headers=headers)


async def test_no_answer_leaves_before_its_record_is_durable(city: City) -> None:
    async with _held(city) as (gateway, sink):
        answering = asyncio.ensure_future(gateway.answer(_request(city, QUESTION)))
        await sink.met[RecordKind.RELEASE].wait()
        await asyncio.sleep(0.05)
        was_held = not answering.done()
        sink.let_go.set()
        answer = await answering

    assert was_held
    assert isinstance(answer, Response)
    assert b"770077" in answer.body


async def test_no_mutation_is_sent_before_its_intent_is_durable(city: City) -> None:
    before = len(city.subgraphs.sent)
    async with _held(city) as (gateway, sink):
        query = 'mutation { rename(idNumber: "1", name: "x") { income } }'
        answering = asyncio.ensure_future(gateway.answer(_request(city, query)))
        await sink.met[RecordKind.INTENT].wait()
        await asyncio.sleep(0.05)
        was_sent = len(city.subgraphs.sent) > before
        sink.let_go.set()
        await answering

    assert not was_sent
    assert len(city.subgraphs.sent) > before


@pytest.mark.parametrize("kind", [RecordKind.INTENT, RecordKind.RELEASE])
async def test_what_cannot_be_recorded_is_not_answered(city: City, kind: RecordKind) -> None:
    async with _held(city, patience_seconds=0) as (gateway, sink):
        sink.fails.add(kind)
        sink.let_go.set()
        answer = await gateway.answer(_request(city, QUESTION))

    assert isinstance(answer, Response)
    assert answer.status == 503
    assert b"770077" not in answer.body


async def test_a_request_is_answered_on_the_state_it_met(city: City) -> None:
    async with _held(city) as (gateway, sink):
        sink.let_go.set()
        revision = gateway.state.revision
        answering = asyncio.ensure_future(gateway.answer(_request(city, QUESTION)))
        await asyncio.sleep(0)
        gateway.state = replace(gateway.state, revision="another")
        await answering

    assert {record.schema_revision for record in sink.records} == {revision}
