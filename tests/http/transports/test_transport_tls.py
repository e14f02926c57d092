"""Both HTTP clients over TLS: whom they trust, and whom they do not."""

import asyncio
import ssl
from pathlib import Path

import msgspec
import pytest

from federation.errors import SubgraphUnreachable
from federation.execution import SubgraphRequest
from federation.gateway.config import InvalidConfig
from federation.gateway.settings import Subgraphs
from federation.gateway.sources import SchemaUnavailable, SubgraphSource, fetch_missing
from federation.gateway.transports.fast import FastTransport
from federation.gateway.transports.http import HttpTransport
from federation.gateway.transports.opening import open_transport
from federation.gateway.transports.tls import client_tls
from tests.support.raw_server import Client, RawServer, always, http_answer, serving
from tests.support.tls import self_signed

GOOD = http_answer({"data": {"a": 1}})
QUERY = SubgraphRequest("{ a }")


@pytest.fixture(params=[FastTransport, HttpTransport])
def client(request: pytest.FixtureRequest) -> Client:
    chosen: Client = request.param
    return chosen


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "both.pem")


async def _asked_over_tls(
    client: Client, certificate: Path, trusted: ssl.SSLContext | None, host: str = "127.0.0.1"
) -> object:
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate)
    async with RawServer(always(GOOD), tls=own) as server:
        url = server.url.replace("http:", "https:").replace("127.0.0.1", host)
        async with client({"a": url}, tls=trusted) as transport:
            first = await transport.send("a", QUERY)
            second = await transport.send("a", QUERY)
            assert (first, server.connections) == (second, 1)
            return first.data


async def test_trusted_certificate_is_accepted_and_the_connection_kept(
    client: Client, certificate: Path
) -> None:
    trusted = ssl.create_default_context(cafile=certificate)

    assert await _asked_over_tls(client, certificate, trusted) == {"a": 1}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_certificate_of_nobody_known_or_of_another_is_refused(
    client: Client, certificate: Path, host: str
) -> None:
    trusted = ssl.create_default_context(cafile=certificate) if host == "localhost" else None

    with pytest.raises(SubgraphUnreachable):
        await _asked_over_tls(client, certificate, trusted, host)


async def test_plain_answer_to_tls_is_refused(client: Client) -> None:
    async with serving(client, always(GOOD)) as (server, _):
        url = server.url.replace("http:", "https:")
        with pytest.raises(SubgraphUnreachable):
            async with client({"a": url}, deadline_seconds=0.5) as transport:
                await asyncio.wait_for(transport.send("a", QUERY), 5)


class TestClientCertificate:
    """Mutual TLS: the subgraph, too, sees whom it talks to."""

    @staticmethod
    def settings(certificate: Path, http_client: str, **own: str) -> Subgraphs:
        return msgspec.convert(
            {"ca_file": str(certificate), "http_client": http_client, **own}, Subgraphs
        )

    @staticmethod
    async def asked(settings: Subgraphs, certificate: Path) -> object:
        demanding = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        demanding.load_cert_chain(certificate)
        demanding.load_verify_locations(certificate)
        demanding.verify_mode = ssl.CERT_REQUIRED
        async with RawServer(always(GOOD), tls=demanding) as server:
            url = server.url.replace("http:", "https:")
            async with open_transport(settings, {"a": url}) as transport:
                return (await transport.send("a", QUERY)).data

    @pytest.mark.parametrize("http_client", ["fast", "general"])
    async def test_settings_show_the_gateway_to_subgraphs_that_demand_it(
        self, certificate: Path, http_client: str
    ) -> None:
        own = self.settings(certificate, http_client, certificate_file=str(certificate))

        assert await self.asked(own, certificate) == {"a": 1}

    @pytest.mark.parametrize("http_client", ["fast", "general"])
    async def test_without_a_certificate_such_a_subgraph_is_not_reached(
        self, certificate: Path, http_client: str
    ) -> None:
        with pytest.raises(SubgraphUnreachable):
            await self.asked(self.settings(certificate, http_client), certificate)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"ca_file": "nowhere.pem"},
            {"certificate_file": "nowhere.pem"},
            {"certificate_key_file": "key.pem"},
            {"ca_file": __file__},
            {"certificate_file": __file__},
        ],
    )
    def test_files_that_cannot_be_used_are_named(self, wrong: dict[str, str]) -> None:
        with pytest.raises(InvalidConfig, match=f"subgraphs.{next(iter(wrong))}"):
            client_tls(msgspec.convert(wrong, Subgraphs))

    async def test_the_schema_is_asked_for_with_it_as_well(self, certificate: Path) -> None:
        reply = http_answer({"data": {"_service": {"sdl": "type Query { a: Int }"}}})
        demanding = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        demanding.load_cert_chain(certificate)
        demanding.load_verify_locations(certificate)
        demanding.verify_mode = ssl.CERT_REQUIRED
        own = self.settings(certificate, "fast", certificate_file=str(certificate))
        async with RawServer(always(reply), tls=demanding) as server:
            source = SubgraphSource("a", server.url.replace("http:", "https:"))
            found = await fetch_missing([source], lambda *_: "", 0, lambda _: None, client_tls(own))
            with pytest.raises(SchemaUnavailable):
                await fetch_missing(
                    [source],
                    lambda *_: "",
                    0,
                    lambda _: None,
                    client_tls(self.settings(certificate, "fast")),
                )

        assert found[0].sdl == "type Query { a: Int }"
