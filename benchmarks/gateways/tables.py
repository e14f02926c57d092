"""What is measured: one table for each kind of request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.gateways.load import Request
from benchmarks.gateways.ours import DATONG, datong, governed, prototype
from benchmarks.gateways.peers import Gateway, peers
from benchmarks.gateways.scenarios import PUBLIC, PUBLIC_QUERY, REGISTERS, Scenario
from benchmarks.gateways.scenarios import governed as governed_scenario


@dataclass(frozen=True, slots=True)
class Table:
    """Gateways under the same load, measured in turn.

    Attributes:
        key: Its name on the command line and among the results.
        connections: Each a part of the table: so many requests are under way.
        delay_milliseconds: What a subgraph takes for an answer.
        is_pinned: Whether a gateway has one processor for itself, or all that there are.
        gives_the_same: Whether all are to answer the same data.
    """

    key: str
    title: str
    scenario: Scenario
    request: Request
    gateways: tuple[Gateway, ...]
    connections: tuple[int, ...] = (16,)
    delay_milliseconds: float = 0
    is_pinned: bool = True
    gives_the_same: bool = True
    base: str = DATONG


def heavy() -> Table:
    """The public benchmark's query, of no gateway yet."""
    request = _same(PUBLIC_QUERY)
    return Table("heavy", "Public benchmark query, 87 kB", PUBLIC, request, (), (1, 50, 500))


def tables(folder: Path) -> list[Table]:
    """All of them, those of one scenario together.

    Args:
        folder: For keys and audit trails; it must live as long as the tables are used.
    """
    others = tuple(peers())
    with_prototype = (prototype(), datong(), *others)
    without = (datong(), *others)
    public = replace(heavy(), gateways=with_prototype)
    registers = Table("", "", REGISTERS, _same(""), without)
    known = governed(folder)
    with_trail = (datong(), known.audited, *others)
    general = datong(f"{DATONG}, general client", {"DATONG_SUBGRAPHS_HTTP_CLIENT": "general"})
    sharing = datong(f"{DATONG}, equal queries shared", {"DATONG_HTTP_SHARE_EQUAL_QUERIES": "true"})
    return [
        replace(public, gateways=(prototype(), datong(), general, sharing, *others)),
        replace(
            public,
            key="delay",
            title="Public benchmark query where every subgraph takes 4 ms",
            connections=(1,),
            delay_milliseconds=4,
        ),
        replace(
            public,
            key="newheavy",
            title="Public benchmark query, never the same text",
            request=Request(_new_public_query),
            gateways=without,
            connections=(16,),
        ),
        replace(
            registers,
            key="small",
            title="One row of one subgraph",
            request=_row("query ($id: ID!) { person(id: $id) { id name } }"),
            gateways=with_trail,
        ),
        replace(registers, key="chain", title="One row over three subgraphs", request=_row(_CHAIN)),
        replace(
            registers,
            key="list",
            title="1,000 rows over three subgraphs, 64 kB",
            request=_same("{ people(first: 1000) { name home { street rooms } } }"),
            gateways=with_trail,
        ),
        replace(
            registers,
            key="large1",
            title="Answer of 1 MB from one subgraph",
            request=_same("{ archive(megabytes: 1) { id name bio } }"),
            connections=(4,),
        ),
        replace(
            registers,
            key="large10",
            title="Answer of 10 MB from one subgraph",
            request=_same("{ archive(megabytes: 10) { id name bio } }"),
            connections=(2,),
        ),
        replace(
            registers,
            key="new",
            title="One row over three subgraphs, never the same text",
            request=Request(lambda at: _CHAIN.replace("name", f"n{at}: name"), _id),
        ),
        replace(
            registers,
            key="mutation",
            title="Mutation",
            request=_row('mutation ($id: ID!) { rename(id: $id, name: "x") { id name } }'),
        ),
        replace(
            public,
            key="governed",
            title="Public benchmark query with policies and audit trail",
            scenario=governed_scenario(),
            request=replace(public.request, headers=known.headers),
            gateways=known.gateways,
            connections=(1, 50),
            gives_the_same=False,
        ),
        replace(
            public,
            key="workers",
            title="Public benchmark query, never the same text, workers on all processors",
            # Load and subgraphs share the processors, and take a twentieth of what this takes.
            request=Request(_new_public_query),
            gateways=(datong(), datong(f"{DATONG}, 2 workers", workers=2)),
            connections=(50,),
            is_pinned=False,
        ),
    ]


_CHAIN = "query ($id: ID!) { person(id: $id) { name home { street } } }"


def _same(query: str) -> Request:
    return Request(lambda _: query)


def _row(query: str) -> Request:
    return Request(lambda _: query, _id)


def _id(at: int) -> Mapping[str, str]:
    return {"id": str(at % 100)}


def _new_public_query(at: int) -> str:
    return PUBLIC_QUERY.replace("reviews {", f"b{at}: birthday reviews {{", 1)
