"""Subgraphs of all scenarios on one port: real ones, whose answers are each worked out once.

    python -m benchmarks.gateways.subgraphs --port 14200

The path names the subgraph. An answer is kept by the exact bytes that asked for it, so that under
load a request costs a look-up and subgraphs do not become what is measured. `GET /delay?ms=4` makes
them slow, `GET /counts` tells and forgets what was asked since it was last called.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

import httptools
import uvloop
from graphql import GraphQLSchema, build_schema, execute_sync, parse

from benchmarks.gateways.scenarios import PUBLIC, REGISTERS, Scenario

_KEPT = 10_000
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"


class Answers:
    """What the subgraphs answer, and how often they were asked.

    Attributes:
        delay: Seconds that every answer takes.
    """

    def __init__(self, scenarios: tuple[Scenario, ...]) -> None:
        self._graphs = {
            name: (_served(sdl), _roots(scenario, name))
            for scenario in scenarios
            for name, sdl in scenario.sdl.items()
        }
        self._kept: dict[tuple[bytes, bytes], bytes] = {}
        self.delay = 0.0
        self.counts = Counts()

    def answer(self, path: bytes, body: bytes) -> bytes:
        """The whole HTTP response to one request."""
        found = self._kept.get((path, body))
        if found is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            found = self._kept[path, body] = _response(self._executed(path, body))
        self.counts.take(len(body), len(found))
        return found

    def _executed(self, path: bytes, body: bytes) -> Mapping[str, Any]:
        schema, roots = self._graphs[path.strip(b"/").decode()]
        asked = json.loads(body)
        # Not validated, which a subgraph does once for each text and then remembers.
        result = execute_sync(
            schema,
            parse(asked["query"]),
            roots,
            variable_values=asked.get("variables"),
            operation_name=asked.get("operationName"),
        )
        return result.formatted

    def told(self, url: bytes) -> bytes:
        """The response to a request of the measuring process."""
        path, _, argument = url.partition(b"?ms=")
        if path == b"/delay":
            self.delay = float(argument) / 1000
            return _response({})
        counts, self.counts = self.counts, Counts()
        return _response(counts.told())


class Counts:
    """Requests and bytes, and the rounds that one operation took if nothing else was asked.

    A request that comes when others have been answered belongs to a later round than those. So
    rounds are only told where answers take long enough for all of a round to be asked for.
    """

    def __init__(self) -> None:
        self._requests = self._received = self._sent = self._rounds = 0

    def take(self, received: int, sent: int) -> None:
        """Count one request."""
        self._requests += 1
        self._received += received
        self._sent += sent

    def round(self) -> int:
        """The round that a request of this moment belongs to."""
        return self._rounds + 1

    def answered(self, round_: int) -> None:
        """A request of this round has its answer."""
        self._rounds = max(self._rounds, round_)

    def told(self) -> Mapping[str, int]:
        """All of it."""
        return {
            "requests": self._requests,
            "received_bytes": self._received,
            "sent_bytes": self._sent,
            "rounds": self._rounds,
        }


def _response(content: Mapping[str, Any]) -> bytes:
    body = json.dumps(content, separators=(",", ":")).encode()
    return _HEAD % len(body) + body


def _served(sdl: str) -> GraphQLSchema:
    """A subgraph's executable schema: with the field that federation adds."""
    kinds = [line.split()[1] for line in sdl.splitlines() if "@key" in line and "type " in line]
    field = "_entities(representations: [_Any!]!): [_Entity]!"
    if "type Query {" in sdl:
        sdl = sdl.replace("type Query {", f"type Query {{ {field} ")
    else:
        sdl += f"type Query {{ {field} }}"
    return build_schema(
        f"scalar _Any union _Entity = {' | '.join(kinds)} {sdl}", assume_valid_sdl=True
    )


def _roots(scenario: Scenario, name: str) -> Mapping[str, Callable[..., Any]]:
    def entities(_: Any, representations: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return [scenario.entity(name, sent) for sent in representations]

    return {**scenario.roots.get(name, {}), "_entities": entities}


class _Connection(asyncio.Protocol):
    """One connection, with requests on it one after the other."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._parser = httptools.HttpRequestParser(self)
        self._url, self._body = b"", b""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url, self._body = b"", b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, part: bytes) -> None:
        self._body += part

    def on_message_complete(self) -> None:
        if self._parser.get_method() == b"GET":
            self._transport.write(self._answers.told(self._url))
            return
        counts = self._answers.counts
        round_ = counts.round()
        answer = self._answers.answer(self._url, self._body)
        if self._answers.delay:
            self._loop.call_later(self._answers.delay, self._send, answer, counts, round_)
        else:
            self._send(answer, counts, round_)

    def _send(self, answer: bytes, counts: Counts, round_: int) -> None:
        counts.answered(round_)
        self._transport.write(answer)


def serve_apart(told: Connection, delay_seconds: float = 0) -> None:
    """Answer on some port, and tell which, as a process of its own does."""
    uvloop.run(serve(0, told.send, delay_seconds))


async def serve(
    port: int, tell: Callable[[int], object] = lambda _: None, delay_seconds: float = 0
) -> None:
    """Answer until ended.

    Args:
        port: 0 takes a free one.
        tell: Is told the port once connections are taken.
    """
    answers = Answers((PUBLIC, REGISTERS))
    answers.delay = delay_seconds
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(answers), "127.0.0.1", port, backlog=1_024
    )
    tell(server.sockets[0].getsockname()[1])
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Subgraphs that answer from memory.")
    parser.add_argument("--port", type=int, default=14200)
    uvloop.run(serve(parser.parse_args().port))
