"""Everything that lives as long as the gateway: wired here, and only here."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from federation.access import Asker, Caller
from federation.audit import AuditSink, NameHashes, digest_key_id
from federation.errors import AuditUnavailable
from federation.gateway.access_log import AccessLog
from federation.gateway.audit.keys import digest_key, head_key
from federation.gateway.counts import RequestCounts
from federation.gateway.deciding import Building, Probe, no_counts
from federation.gateway.handed import ALONE, Handed
from federation.gateway.identity import ANONYMOUS, Identifier, holds_grant
from federation.gateway.intents import Intents
from federation.gateway.live import LiveEngine
from federation.gateway.pipeline import Gateway, Identify, Parts
from federation.gateway.reloading import Inputs, Reloader, Replaced
from federation.gateway.settings import Access, Config
from federation.gateway.signing import ContextSigner
from federation.gateway.start import make_signer
from federation.gateway.state import build_state
from federation.gateway.streams.transport import EventStreams
from federation.gateway.trail import Recorder, attend_to_the_rest
from federation.gateway.transports.opening import open_transport
from federation.gateway.transports.tls import client_tls
from federation.gateway.watching import read_signatures
from federation.supergraph import Supergraph

if TYPE_CHECKING:
    from federation.gateway.lease import Lease
    from federation.gateway.policy_store import PolicyStore
    from federation.gateway.question_file import QuestionFile


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway at work.

    Attributes:
        access: Name of the engine that decides.
        live: The engine that decides now.
        reloader: Builds it and the state anew.
        probes: Asked by `/ready`.
        decisions: Counts of them.
        requests: Counts of them.
        end_streams: Ends all subscriptions, since the gateway stops.
    """

    gateway: Gateway
    signer: ContextSigner
    access: str
    live: LiveEngine
    reloader: Reloader
    probes: tuple[Probe, ...] = ()
    store: PolicyStore | None = None
    decisions: Callable[[], dict[str, int]] = no_counts
    requests: RequestCounts = field(default_factory=RequestCounts)
    end_streams: Callable[[], None] = lambda: None

    async def faults(self) -> list[str]:
        """Why this gateway cannot answer now; empty when it can."""
        return [fault for probe in self.probes if (fault := await probe()) is not None]


@asynccontextmanager
async def start_gateway(
    config: Config,
    supergraph: Supergraph,
    log: AccessLog,
    handed: Handed = ALONE,
    identify: Identify | None = None,
) -> AsyncIterator[Running]:
    """A gateway that answers while the context lasts.

    Args:
        config: All settings.
        supergraph: What it answers on.
        log: Where faults are told.
        handed: By the process that starts workers.
        identify: Instead of believing tokens, for callers that are known otherwise.

    Raises:
        AuditUnavailable: The audit trail cannot be opened.
        PolicyUnavailable: The policies cannot be used.
    """
    signatures = handed.signatures or read_signatures(config)
    state = build_state(supergraph)
    signer = make_signer(config)
    async with AsyncExitStack() as stack:
        hash_key = _hash_key(config, handed)
        sink = await _open_sink(config, stack, handed, log)
        intents = Intents(config.audit.intent_after_seconds)
        stack.push_async_callback(intents.close)
        building = Building(config.access, handed.policies)
        stack.push_async_callback(building.close)
        source = await (building.read_active() if handed.is_successor else building.read())
        lease = shared = store = None
        if config.access.store:
            # What is not configured is not imported.
            from federation.gateway.lease import Lease, Membership  # noqa: PLC0415
            from federation.gateway.policy_store import open_policy_store  # noqa: PLC0415

            lease = Lease()
            store = await stack.enter_async_context(open_policy_store(config.access.store))
            shared = await store.read()
            lease.know(shared)
        deciding = await building.build(source, state.catalogue, shared)
        building.keep(source)
        live = LiveEngine(deciding, lease, _open_questions(config.access, hash_key, log))
        stack.push_async_callback(live.close)
        transport = await stack.enter_async_context(
            open_transport(config.subgraphs, {graph.name: graph.url for graph in supergraph.graphs})
        )
        events = await stack.enter_async_context(
            EventStreams(
                {graph.name: graph.url for graph in supergraph.graphs},
                config.subscriptions,
                client_tls(config.subgraphs),
            )
        )
        parts = Parts(
            identify=identify or _identify(config, live, lease),
            engine=live,
            view=live.view,
            transport=transport,
            events=events,
            signer=signer,
            recorder=Recorder(sink, log, NameHashes(hash_key), intents=intents),
            mask_key=digest_key(config.access.mask_key_file),
        )
        stack.push_async_callback(attend_to_the_rest, config.server.shutdown_seconds)
        gateway = Gateway(state, parts, config)
        reloader = Reloader(
            config,
            Inputs(source, shared),
            building,
            Replaced(gateway, live, (transport.route, events.route)),
            signer,
            log,
        )
        if store is not None and lease is not None:
            name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
            tell = partial(log.fault, "policy lease")
            membership = Membership(store, name, lease, reloader.revoke, reloader.reload, tell)
            await stack.enter_async_context(membership.held())
        if config.server.watch_seconds:
            await stack.enter_async_context(
                reloader.watching(config.server.watch_seconds, signatures)
            )
        yield Running(
            gateway=gateway,
            signer=signer,
            access=config.access.engine,
            live=live,
            reloader=reloader,
            probes=(live.fault, parts.recorder.fault.probe),
            store=store,
            decisions=building.counts,
            requests=parts.recorder.counts,
            end_streams=events.stop,
        )


def _hash_key(config: Config, handed: Handed) -> bytes:
    """The key by which records name persons and entities, the same in all processes."""
    key = digest_key(config.audit.key_file)
    if handed.digest_key_id not in (None, digest_key_id(key)):
        raise AuditUnavailable(
            f"{config.audit.key_file} holds another key than when this gateway was started; "
            "start it anew to change audit.key_file"
        )
    return key


async def _open_sink(
    config: Config, stack: AsyncExitStack, handed: Handed, log: AccessLog
) -> AuditSink | None:
    if not config.audit.database:
        return None
    # What is not configured is not imported.
    from federation.gateway.audit.opening import NEW_DIGEST_KEY  # noqa: PLC0415
    from federation.gateway.audit.remote import remote_audit_sink  # noqa: PLC0415
    from federation.gateway.audit.store import open_audit_store  # noqa: PLC0415

    if handed.writer_socket is not None:
        return await stack.enter_async_context(remote_audit_sink(handed.writer_socket))
    key = head_key(config.audit.head_key_file)
    opened = open_audit_store(
        config.audit.database, key, f"gateway {os.getpid()}", digest_key_id=handed.digest_key_id
    )
    store = await stack.enter_async_context(opened)
    if store.has_new_digest_key:
        log.trail(NEW_DIGEST_KEY)
    return store


def _open_questions(settings: Access, key: bytes, log: AccessLog) -> QuestionFile | None:
    if not settings.questions_file:
        return None
    # What is not configured is not imported.
    from federation.gateway.question_file import QuestionFile  # noqa: PLC0415

    return QuestionFile(settings.questions_file, settings.questions_max_bytes, key, log)


def _identify(config: Config, live: LiveEngine, lease: Lease | None) -> Identify:
    if not config.identity.jwks:
        return _identify_nobody

    def granted(caller: Caller, purpose: str) -> bool:
        return holds_grant(live.current.purposes, caller, purpose, time.time())

    def revoked(consent: str) -> bool:
        return lease is not None and consent in lease.consents

    return Identifier(config.identity, granted, time.time, revoked).identify


async def _identify_nobody(_: object) -> Asker:
    return Asker(ANONYMOUS, None, (), int(time.time()))
