"""What happens once, before workers answer: secrets they share, and the schema."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from federation.audit import digest_key_id
from federation.errors import AuditUnavailable
from federation.gateway.audit.keys import digest_key, head_key
from federation.gateway.config import InvalidConfig
from federation.gateway.handed import ActivePolicies, Handed
from federation.gateway.inner_server import inner_server
from federation.gateway.settings import Config
from federation.gateway.signing import ContextSigner, load_published_key, load_signing_key
from federation.gateway.sources import Progress, list_sources, load_schema
from federation.gateway.transports.tls import client_tls
from federation.gateway.watching import read_signatures
from federation.supergraph import Supergraph


def make_signer(config: Config) -> ContextSigner:
    """The signer of access contexts.

    Raises:
        InvalidConfig: The key file holds no usable key.
    """
    settings = config.signing
    return ContextSigner(
        load_signing_key(settings.key_file),
        settings.life_seconds,
        settings.tokens,
        time.time,
        tuple(map(load_published_key, settings.published_key_files)),
    )


def load_supergraph(
    config: Config, progress: Progress, listener: socket.socket | None = None
) -> Supergraph:
    """The supergraph that the settings name.

    Args:
        config: All settings.
        progress: Told which subgraphs are waited for.
        listener: Where the gateway will answer. Until then it hands out its public keys there,
            since subgraphs check the request for their SDL with them.

    Raises:
        SchemaError: There is no usable schema; see ``sources.load_schema``.
    """
    return asyncio.run(_load(config, progress, listener))


async def _load(config: Config, progress: Progress, listener: socket.socket | None) -> Supergraph:
    signer = make_signer(config)
    is_asked = any(source.sdl is None for source in list_sources(config.schema))
    async with AsyncExitStack() as stack:
        if listener is not None and is_asked:
            await stack.enter_async_context(inner_server(_waiting_room(signer), listener.dup()))
        return await load_schema(
            config.schema,
            signer.sign_for_gateway,
            config.server.start_limit_seconds,
            progress,
            client_tls(config.subgraphs),
        )


def _waiting_room(signer: ContextSigner) -> Starlette:
    async def health(_: Request) -> Response:
        return JSONResponse({"status": "up"})

    async def jwks(_: Request) -> Response:
        return JSONResponse(signer.jwks())

    async def starting(_: Request) -> Response:
        return JSONResponse({"status": "starting"}, status_code=503)

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/.well-known/jwks.json", jwks),
            Route("/{path:path}", starting, methods=["GET", "POST"]),
        ]
    )


@contextlib.contextmanager
def shared_by_workers(config: Config) -> Iterator[tuple[Config, Handed]]:
    """Settings with which all processes act as one gateway, and what else workers are handed.

    Secrets that no file holds are made here, in files that vanish at the end. Of several workers on
    SQLite none writes the audit trail, since several writers would starve each other: a process of
    its own does.

    Raises:
        InvalidConfig: A file of a secret cannot be used.
        AuditUnavailable: The audit writer does not start.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="datong-")))
        is_key_kept = bool(config.audit.key_file)
        config = _with_files(config, folder)
        key_id = digest_key_id(digest_key(config.audit.key_file)) if is_key_kept else None
        if config.server.workers == 1:
            yield config, Handed(signatures=read_signatures(config), digest_key_id=key_id)
            return
        writer_socket = None
        if config.audit.database.startswith("sqlite"):
            # Not needed by a single process, and slow to import.
            from federation.gateway.audit.writer import audit_writer_process  # noqa: PLC0415

            writer_socket = folder / "audit.socket"
            stack.enter_context(
                audit_writer_process(
                    config.audit.database, config.audit.head_key_file, writer_socket, key_id
                )
            )
        policies = ActivePolicies(folder / "policies.json")
        signatures = read_signatures(config)
        yield config, Handed(writer_socket, policies, signatures, digest_key_id=key_id)


def _with_files(config: Config, folder: Path) -> Config:
    replace = msgspec.structs.replace
    files = {name: str(folder / name) for name in ("signing", "mask", "audit", "head")}
    config = replace(
        config,
        signing=replace(config.signing, key_file=config.signing.key_file or files["signing"]),
        access=replace(config.access, mask_key_file=config.access.mask_key_file or files["mask"]),
        audit=replace(
            config.audit,
            key_file=config.audit.key_file or files["audit"],
            head_key_file=config.audit.head_key_file or files["head"],
        ),
    )
    for setting, file, make in (
        ("signing.key_file", config.signing.key_file, head_key),
        ("access.mask_key_file", config.access.mask_key_file, digest_key),
        ("audit.key_file", config.audit.key_file, digest_key),
        ("audit.head_key_file", config.audit.head_key_file, head_key),
    ):
        try:
            make(file)
        except AuditUnavailable as error:
            raise InvalidConfig(f"{setting}: {error.message}") from None
    return config
