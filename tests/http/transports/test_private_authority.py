"""A certificate authority of one's own, as `SSL_CERT_FILE` names it, for all but the subgraphs."""

import asyncio
import os
import ssl
import sys
from pathlib import Path

import pytest

from tests.support.raw_server import RawServer, always, http_answer
from tests.support.tls import self_signed

ASK = {
    "keys": """
import asyncio, sys, time
from federation.gateway.keys import KeySet

asyncio.run(KeySet(sys.argv[1], 60, time.time).find("a"))
""",
    "opa": """
import asyncio, sys
from federation.gateway.engines.opa import OpaEngine
from federation.gateway.engines.release import Revisions

async def ask():
    async with OpaEngine(sys.argv[1], Revisions("", "", "")) as opa:
        print(await opa.fault())

asyncio.run(ask())
""",
    "redis": """
import asyncio, sys
from federation.access import AccessRequest, Asker, Caller, OperationFacts
from federation.gateway.engines.second_level import SecondLevel

async def ask():
    asker = Asker(Caller("a", "person"), None, (), 0)
    request = AccessRequest(asker, OperationFacts("query"), {})
    await SecondLevel(sys.argv[1], b"s" * 32, "r").get(request)

asyncio.run(ask())
""",
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "both.pem")


async def is_asked(what: str, certificate: Path, **environment: str) -> bool:
    """Whether a process with this environment talks to a server with the certificate."""
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate)
    async with RawServer(always(http_answer({"keys": []})), tls=own) as server:
        scheme = "rediss:" if what == "redis" else "https:"
        url = server.url.replace("http:", scheme).removesuffix("/graphql")
        # A process of its own: a client may have read once for all whom it trusts.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", ASK[what], url),
            env={**os.environ, **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        await process.communicate()
        # Counted when both sides have agreed on TLS.
        return bool(server.connections)


@pytest.mark.parametrize("what", ASK)
async def test_authority_that_ssl_cert_file_names_is_trusted(what: str, certificate: Path) -> None:
    assert await is_asked(what, certificate, SSL_CERT_FILE=str(certificate))


@pytest.mark.parametrize("what", ASK)
async def test_authority_that_nobody_names_is_not(what: str, certificate: Path) -> None:
    assert not await is_asked(what, certificate)
