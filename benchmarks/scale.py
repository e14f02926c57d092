"""Composition and gateway of large graphs: growth in time and memory.

    .venv/bin/python -m benchmarks.scale [SUBGRAPHS ...]

Each size runs in a process of its own, so that its peak memory is its own. For the last size a
gateway is started over the printed supergraph and asked a query that three subgraphs answer.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    is_composite_type,
    is_enum_type,
    is_list_type,
    is_non_null_type,
    parse,
)

from benchmarks.generated.big_graph import Department, departments, query_over

SIZES = (10, 25, 50, 100)
GOAL_SECONDS, GOAL_BYTES = 60, 1_000_000_000
ASKED = 40
"""The department whose entity the gateway is asked for."""

_FAILED_START = 120


def measure(count: int, file: Path) -> dict[str, float]:
    """One row: seconds of each stage and peak memory in bytes, of this process."""
    # Imported here: the process that starts the others measures nothing and should stay small.
    from federation.access import build_access_index  # noqa: PLC0415
    from federation.catalogue import build_catalogue  # noqa: PLC0415
    from federation.composition import SubgraphDocument, compose_documents  # noqa: PLC0415
    from federation.query_graph import build_query_graph  # noqa: PLC0415
    from federation.supergraph import (  # noqa: PLC0415
        build_api_schema,
        print_supergraph,
        read_supergraph,
    )

    row: dict[str, float] = {"subgraphs": count}
    documents = [SubgraphDocument(each.name, "", each.sdl) for each in departments(count)]
    with _timed(row, "compose"):
        composition = compose_documents(documents)
    supergraph = composition.supergraph
    assert supergraph is not None, composition.errors
    row["peak"] = _peak()
    row["types"] = len(supergraph.types)
    row["fields"] = sum(len(getattr(each, "fields", ())) for each in supergraph.types.values())
    with _timed(row, "print"):
        text = print_supergraph(supergraph)
    file.write_text(text, encoding="utf-8")
    with _timed(row, "read"):
        again = read_supergraph(text)
    assert again == supergraph
    with _timed(row, "api schema"):
        schema = build_api_schema(supergraph)
    with _timed(row, "query graph"):
        build_query_graph(supergraph)
    with _timed(row, "access index"):
        build_access_index(supergraph, schema, build_catalogue(supergraph))
    row["peak of all"] = _peak()
    return row


@contextmanager
def _timed(row: dict[str, float], name: str) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    row[name] = time.perf_counter() - begin


def _peak() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


class Stub:
    """A subgraph that answers any valid operation: every field has a value of its type."""

    def __init__(self, department: Department) -> None:
        self._schema = _executable(department.sdl)
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                answer = json.dumps(stub.answer(body)).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """The response to one request."""
        result = execute_sync(
            self._schema,
            parse(body["query"]),
            variable_values=body.get("variables"),
            field_resolver=_resolve,
            type_resolver=lambda value, *_: str(value["__typename"]),
        )
        return dict(result.formatted)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def _executable(sdl: str) -> GraphQLSchema:
    machinery = (
        "\ndirective @link(url: String!, import: [String]) repeatable on SCHEMA"
        "\nscalar _Any\nextend type Query { _entities(representations: [_Any!]!): [_Entity]! }"
    )
    entities = [
        line.split()[1] for line in sdl.splitlines() if "@key" in line and "type" in line[:5]
    ]
    union = f"\nunion _Entity = {' | '.join(entities)}"
    return build_schema(sdl + union + machinery, assume_valid_sdl=True)


def _resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    if info.field_name == "_entities":
        return arguments["representations"]
    if isinstance(source, dict) and info.field_name in source:
        return source[info.field_name]
    return _value(info.return_type)


def _value(of: Any) -> Any:
    if is_non_null_type(of):
        return _value(of.of_type)
    if is_list_type(of):
        return [_value(of.of_type)]
    named = get_named_type(of)
    if is_composite_type(named):
        return {"__typename": named.name}
    if is_enum_type(named):
        return next(iter(named.values))
    return {"Int": 1, "Float": 1.5, "Boolean": True}.get(named.name, "text")


def ask_gateway(count: int, file: Path) -> None:
    """Start a gateway over the supergraph and print how long it took and what it answered."""
    text = file.read_text(encoding="utf-8")
    asked = min(ASKED, count - 2)
    stubs = []
    for department in departments(count)[asked - 1 : asked + 2]:
        stub = Stub(department)
        stubs.append(stub)
        graph = f'name: "{department.name}", url: '
        text = text.replace(f'{graph}""', f'{graph}"{stub.url}"')
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "federation.cli", "serve", "--supergraph", str(file)]
    begin = time.perf_counter()
    with subprocess.Popen(
        [*command, "--access", "open", "--port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as gateway:
        try:
            assert gateway.stderr is not None, "opened as a pipe"
            address = _address(gateway.stderr)
            # Read on, or the gateway would wait for room in the pipe.
            threading.Thread(target=gateway.stderr.read, daemon=True).start()
            first = _ask(address, query_over(asked))
            started = time.perf_counter() - begin
            warm = started
            for _ in range(10):
                begin = time.perf_counter()
                again = _ask(address, query_over(asked))
                warm = min(warm, time.perf_counter() - begin)
                assert first == again, (first, again)
            assert "errors" not in first, first
            print(f"gateway over {count} subgraphs: first answer {started:.1f} s after its start,")
            print(
                f"the fastest of ten more after {warm * 1000:.1f} ms: {json.dumps(first['data'])}"
            )
        finally:
            gateway.terminate()
            for stub in stubs:
                stub.close()


def _address(lines: Any) -> str:
    for line in lines:
        if "GraphQL at " in line:
            return str(line.split("GraphQL at ")[1].split()[0])
    raise RuntimeError("the gateway ended without listening")


def _ask(address: str, query: str) -> dict[str, Any]:
    request = urllib.request.Request(
        address,
        json.dumps({"query": query}).encode(),
        {"content-type": "application/json", "accept": "application/json"},
    )
    end = time.monotonic() + _FAILED_START
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as refused:
            raise RuntimeError(refused.read().decode()) from refused
        except OSError:
            # Listening, but still building its state.
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def main(sizes: list[int]) -> int:
    """0 when the largest size meets the goal."""
    stages = ("compose", "print", "read", "api schema", "query graph", "access index")
    print(
        "| subgraphs | types | fields | peak MB composing | peak MB all | "
        + " | ".join(f"{s} s" for s in stages)
        + " |"
    )
    print("|" + "---:|" * (5 + len(stages)))
    row: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "supergraph.graphql"
        for size in sizes:
            command = [sys.executable, "-m", "benchmarks.scale", "--one", str(size), str(file)]
            row = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
            cells = [f"{row[name]:.0f}" for name in ("subgraphs", "types", "fields")]
            cells += [f"{row[name] / 1e6:.0f}" for name in ("peak", "peak of all")]
            cells += [f"{row[name]:.2f}" for name in stages]
            print(f"| {' | '.join(cells)} |", flush=True)
        ask_gateway(sizes[-1], file)
    return 0 if row["compose"] < GOAL_SECONDS and row["peak"] < GOAL_BYTES else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(int(sys.argv[2]), Path(sys.argv[3]))))
        sys.exit(0)
    sys.exit(main([int(each) for each in sys.argv[1:]] or list(SIZES)))
