"""The balancer's configuration, loaded by a real nginx before two servers that note what comes."""

import http.client
import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CONFIGURATION = Path(__file__).parents[2] / "docker" / "nginx" / "nginx.conf"
REPLICAS = 2
START_SECONDS = 10.0


class Replica(ThreadingHTTPServer):
    """A gateway as nginx sees one: notes requests, streams in two chunks, and can hang up."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[dict[str, str]] = []
        self.hangs_up = False
        self.may_go_on = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Replica

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", "0")))
        self.server.seen.append({name.lower(): value for name, value in self.headers.items()})
        if self.server.hangs_up:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nfirst\r\n")
        self.server.may_go_on.wait(10)
        self.wfile.write(b"6\r\nsecond\r\n0\r\n\r\n")

    do_GET = do_POST = _answer  # noqa: N815 - names that the base class calls

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Balancer:
    """nginx with the delivered configuration."""

    port: int
    log: Path
    replicas: list[Replica]
    connections: list[http.client.HTTPConnection] = field(default_factory=list)

    @property
    def seen(self) -> list[dict[str, str]]:
        return [headers for replica in self.replicas for headers in replica.seen]

    def ask(self, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        self.connections.append(connection)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, json.dumps({"query": "{ a }"}), sent)
        return connection.getresponse()


def configuration(ports: list[int], listen: int, folder: Path) -> str:
    """The delivered text with addresses of this machine in place of the container network's.

    ``resolve`` and its name server are left out: names of containers are nothing here.
    """
    text = CONFIGURATION.read_text(encoding="utf-8")
    servers = "\n".join(
        f"    server 127.0.0.1:{port} max_fails=2 fail_timeout=5s;" for port in ports
    )
    text, upstreams = re.subn(r"    server gateway:14300 resolve[^;]*;", servers, text)
    # Its files under /tmp are the container's own; here they are this test's.
    text = text.replace("/tmp", str(folder))  # noqa: S108
    text, resolvers = re.subn(r"(?m)^  resolver .*\n", "", text)
    text, listens = re.subn(r"listen 8080;", f"listen 127.0.0.1:{listen};", text)
    assert (upstreams, resolvers, listens) == (1, 1, 1)
    return "daemon off;\nmaster_process off;\n" + text


@pytest.fixture
def balancer(tmp_path: Path) -> Iterator[Balancer]:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    replicas = [Replica() for _ in range(REPLICAS)]
    text = configuration([replica.server_port for replica in replicas], port, tmp_path)
    (tmp_path / "nginx.conf").write_text(text, encoding="utf-8")
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [nginx, "-c", str(tmp_path / "nginx.conf"), "-e", "stderr"], stdout=log, stderr=log
        )
        found = Balancer(port, tmp_path / "log", replicas)
        try:
            wait_for(found, process)
            yield found
        finally:
            for connection in found.connections:
                connection.close()
            process.terminate()
            process.wait(10)
            for replica in replicas:
                replica.may_go_on.set()
                replica.shutdown()
                replica.server_close()


def wait_for(balancer: Balancer, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if balancer.ask("GET", "/nginx-health").status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(balancer.log.read_text())


def test_a_context_from_outside_does_not_pass_and_the_host_does(balancer: Balancer) -> None:
    for replica in balancer.replicas:
        replica.may_go_on.set()

    balancer.ask("POST", "/graphql", Datong_Context="forged", Host="city.example").read()

    [headers] = balancer.seen
    assert headers["host"] == "city.example"
    assert not headers.get("datong-context")


def test_chunks_do_not_wait_for_each_other(balancer: Balancer) -> None:
    answer = balancer.ask("POST", "/graphql")

    assert answer.read1() == b"first"
    for replica in balancer.replicas:
        replica.may_go_on.set()
    assert answer.read() == b"second"


def test_a_post_that_a_replica_has_got_is_sent_to_no_other(balancer: Balancer) -> None:
    for replica in balancer.replicas:
        replica.hangs_up = True

    status = balancer.ask("POST", "/graphql").status

    assert status == 502
    assert len(balancer.seen) == 1


def test_a_post_goes_to_the_replica_that_is_left(balancer: Balancer) -> None:
    for replica in balancer.replicas:
        replica.may_go_on.set()
    gone = balancer.replicas[0]
    gone.shutdown()
    gone.server_close()

    statuses = [balancer.ask("POST", "/graphql").status for _ in range(4)]

    assert statuses == [200] * 4


def test_query_strings_are_not_logged(balancer: Balancer) -> None:
    for replica in balancer.replicas:
        replica.may_go_on.set()

    balancer.ask("GET", "/graphql?query=110101199003078515").read()

    until = time.monotonic() + 5
    while "/graphql" not in (log := balancer.log.read_text()) and time.monotonic() < until:
        time.sleep(0.02)
    assert "GET /graphql 200" in log
    assert "110101199003078515" not in log
