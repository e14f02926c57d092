"""Who decides: the configured policy engine, with what the rest of the gateway needs of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from federation.access import (
    AccessRequest,
    Asker,
    Decision,
    OperationFacts,
    PolicyEngine,
    Uses,
    Verdict,
    allow_all,
)
from federation.gateway.bounded import Bounded
from federation.gateway.settings import Access

if TYPE_CHECKING:
    from federation.catalogue import Catalogue
    from federation.gateway.engines import (
        Bundle,
        EngineCounts,
        PolicyRelease,
        PolicySource,
        Revisions,
    )
    from federation.gateway.engines.dry_run import DryRun
    from federation.gateway.engines.release import Span
    from federation.gateway.handed import ActivePolicies
    from federation.gateway.policy_store import Shared

_KEPT_DECISIONS = 2_000
PATIENCE_SECONDS = 10.0
"""How long after a reload an OPA server that does not have it yet is asked again."""

CANDIDATE_SECONDS = 10.0
"""How long a candidate may take for one question; nobody waits for it."""

Probe = Callable[[], Awaitable[str | None]]
"""What is wrong with one part now; None when it works."""


ViewOf = Callable[[Asker, Mapping[str, Uses], str], Awaitable[Mapping[tuple[str, str], Verdict]]]
"""Asker, fields and their name to verdicts by coordinate and use."""


class OpenEngine:
    """The engine of `--access open`: everything is allowed."""

    def __init__(self) -> None:
        self._kept: Bounded[bytes, Decision] = Bounded(_KEPT_DECISIONS)

    async def decide(self, request: AccessRequest) -> Decision:
        """Yes."""
        return self._kept.get(request.topic) or self._kept.put(request.topic, allow_all(request))


async def never_fails() -> None:
    """The probe of a part that works as long as the process does."""


async def view_of_all(
    asker: Asker, fields: Mapping[str, Uses], _: str
) -> Mapping[tuple[str, str], Verdict]:
    """The view of `--access open`."""
    return allow_all(AccessRequest(asker, OperationFacts("query"), fields)).verdicts


def no_counts() -> dict[str, int]:
    """The counts of an engine that decides nothing."""
    return {}


async def nothing_to_close() -> None:
    """The end of an engine that holds nothing."""


@dataclass(frozen=True, slots=True)
class Deciding:
    """An engine on one release, and what belongs to it.

    Attributes:
        probe: What is wrong with the engine now.
        purposes: See ``engines.granted_purposes``.
        bundles: What a stock OPA loads, by name.
        view: What a caller may do with a great many fields, see ``engines.Views.decide``.
        revision: Of policy, catalogue and grants.
        dry_run: A candidate beside it.
        grace_seconds: How long its last questions may take when another takes over.
        close: Gives up what it holds.
    """

    engine: PolicyEngine
    probe: Probe = never_fails
    purposes: Mapping[str, Mapping[str, frozenset[Span]]] = field(default_factory=dict)
    bundles: Mapping[str, Bundle] = field(default_factory=dict)
    view: ViewOf = view_of_all
    revision: str = "open"
    dry_run: DryRun | None = None
    grace_seconds: float = 0.0
    close: Callable[[], Awaitable[None]] = nothing_to_close


class Building:
    """Makes engines on releases, one after the other, by the same settings.

    Attributes:
        counts: What all of them did, in numbers.
    """

    def __init__(self, settings: Access, active: ActivePolicies | None = None) -> None:
        """Prepares.

        Args:
            settings: Which engine, where policies are.
            active: Where workers keep what they decide by.
        """
        self.counts: Callable[[], dict[str, int]] = no_counts
        self._settings = settings
        self._active = active
        self._dry_run: DryRun | None = None
        self._engine_counts: EngineCounts | None = None
        self._tried = ""

    async def read(self) -> PolicySource | None:
        """Policies and grants as their files are now; None where nothing is asked of them.

        Raises:
            PolicyFault: They cannot be used.
        """
        if self._settings.engine == "open":
            return None
        # What is not configured is not imported.
        from federation.gateway import engines  # noqa: PLC0415

        settings = self._settings
        folder = Path(settings.policies) if settings.policies else engines.POLICY_FOLDER
        data = Path(settings.data) if settings.data else None
        return await asyncio.to_thread(engines.load_policies, folder, data)

    async def read_active(self) -> PolicySource | None:
        """What other workers decide by, whatever the files are now; the files when none does yet.

        Raises:
            PolicyFault: They cannot be used.
        """
        kept = self._active.read() if self._active is not None else None
        return kept if kept is not None else await self.read()

    def keep(self, source: PolicySource | None) -> None:
        """Notes what is decided by, for workers that start later."""
        if self._active is not None and source is not None:
            self._active.keep(source)

    async def try_out(self, source: PolicySource | None, catalogue: Catalogue) -> None:
        """Evaluates new rules in a process of their own, which they may end or never leave.

        ``build`` does it in the process that answers, and keeps revocations waiting meanwhile.

        Raises:
            PolicyFault: The policies cannot be used.
            PolicyUnavailable: They end the process, or it does not get to their end in time.
        """
        if source is None or self._settings.engine != "embedded":
            return
        from federation.gateway import engines  # noqa: PLC0415

        release = await asyncio.to_thread(engines.make_release, source, catalogue)
        if release.revisions.policy == self._tried:
            return
        engines.check_release(release)
        async with engines.PolicyProcess(release) as process:
            await process.start()
        self._tried = release.revisions.policy

    async def close(self) -> None:
        """Ends the dry run."""
        if self._dry_run is not None:
            await self._dry_run.close()

    async def build(
        self,
        source: PolicySource | None,
        catalogue: Catalogue,
        shared: Shared | None = None,
        *,
        is_first: bool = True,
    ) -> Deciding:
        """An engine on these policies, grants and catalogue, that was tried.

        Must be awaited on the thread that decides: the embedded engine belongs to it. In between
        the event loop does its other work.

        Args:
            source: As ``read`` gave it.
            catalogue: Of the schema.
            shared: What the policy store says is revoked.
            is_first: Whether there is none yet; otherwise an OPA server is given time to follow.

        Raises:
            PolicyFault: The policies cannot be used.
        """
        if source is None:
            return Deciding(OpenEngine())
        from federation.gateway import engines  # noqa: PLC0415

        settings = self._settings
        if self._engine_counts is None:
            counts = self._engine_counts = engines.EngineCounts()
            self.counts = lambda: asdict(counts)
        counts = self._engine_counts
        if shared is not None:
            source = engines.without_revoked(source, shared.grants)
        number = shared.revocations if shared else 0
        release = await asyncio.to_thread(engines.make_release, source, catalogue, number)
        engines.check_release(release)
        key = settings.bundle_key_file
        sign = engines.bundle_signer(key) if key else None
        bundles = await asyncio.to_thread(engines.build_bundles, release, sign)
        reads = engines.declared_reads(release.modules)
        async with AsyncExitStack() as stack:
            probe: Probe = never_fails
            if settings.engine == "embedded":
                here = await engines.EmbeddedEngine.load(release, counts)
                self._tried = release.revisions.policy
                large: PolicyEngine = await stack.enter_async_context(
                    engines.PolicyProcess(
                        release, deadline_seconds=settings.deadline_seconds, counts=counts
                    )
                )
                engine: PolicyEngine = engines.DividedEngine(here, large, settings.max_fields_here)
            else:
                await asyncio.to_thread(engines.check_rules, release)
                opa = await stack.enter_async_context(
                    engines.OpaEngine(
                        settings.opa_url,
                        release.revisions,
                        token=settings.opa_token or None,
                        deadline_seconds=settings.deadline_seconds,
                        patience_seconds=0.0 if is_first else PATIENCE_SECONDS,
                        counts=counts,
                        departments=engines.Departments(release),
                    )
                )
                engine, large, probe = opa, opa, opa.fault
            views = engines.Views(large, reads)
            stack.push_async_callback(views.close)
            second = None
            if settings.cache_url:
                # What is not configured is not imported.
                from federation.gateway.engines.second_level import (  # noqa: PLC0415
                    SecondLevel,
                    read_secret,
                )

                secret = read_secret(settings.cache_key_file)
                second = SecondLevel(settings.cache_url, secret, str(release.revisions))
                stack.push_async_callback(second.close)
            # Last, since it ends the one before.
            if settings.candidate:
                await self._compare_with_candidate(source, catalogue, release.revisions, shared)
            return Deciding(
                dry_run=self._dry_run,
                engine=engines.CachedEngine(engine, counts, reads=reads, second=second),
                probe=probe,
                purposes=engines.granted_purposes(release.data),
                bundles=bundles,
                view=views.decide,
                revision=str(release.revisions),
                grace_seconds=settings.deadline_seconds,
                close=stack.pop_all().aclose,
            )
        raise AssertionError("the block above returns")

    async def _compare_with_candidate(
        self,
        active: PolicySource,
        catalogue: Catalogue,
        revisions: Revisions,
        shared: Shared | None,
    ) -> None:
        """Tries the candidate on the same catalogue; what cannot be used the dry run tells of.

        One that compares just these two goes on, with all that it has found.

        Args:
            active: What decides; without what is revoked.
            catalogue: Of the schema.
            revisions: Of what decides.
            shared: What the policy store says is revoked: it counts for the candidate neither.
        """
        from federation.gateway import engines  # noqa: PLC0415
        from federation.gateway.engines.dry_run import DryRun  # noqa: PLC0415

        faults: tuple[str, ...] = ()
        try:
            release = await self._read_candidate(active, catalogue, shared)
        except engines.PolicyFault as fault:
            faults = fault.faults
        except Exception as error:  # noqa: BLE001 (what nobody foresaw must not touch who decides)
            faults = (f"the candidate cannot be read: {type(error).__name__}",)
        if faults:
            source = engines.PolicySource({"candidate": "\n".join(faults)}, {})
            release = engines.make_release(source, {})
        revision = str(revisions)
        before = self._dry_run
        if before is not None and before.compares(revision, str(release.revisions)):
            return
        process = engines.PolicyProcess(release, deadline_seconds=CANDIDATE_SECONDS, faults=faults)
        self._dry_run = DryRun(process, engines.declared_reads(release.modules), revision)
        if before is not None:
            await before.close()

    async def _read_candidate(
        self, active: PolicySource, catalogue: Catalogue, shared: Shared | None
    ) -> PolicyRelease:
        """The candidate's files as they are now, with the data in use unless it has its own."""
        from federation.gateway import engines  # noqa: PLC0415

        settings = self._settings
        data = Path(settings.candidate_data) if settings.candidate_data else None
        source = await asyncio.to_thread(
            engines.load_policies, Path(settings.candidate), data or Path(settings.candidate)
        )
        if data is None:
            source = engines.PolicySource(source.modules, active.data)
        elif shared is not None:
            source = engines.without_revoked(source, shared.grants)
        number = shared.revocations if shared else 0
        return await asyncio.to_thread(engines.make_release, source, catalogue, number)


@dataclass(frozen=True, slots=True)
class InForce:
    """What an engine is made of.

    Attributes:
        source: Policies and grants as their files are; None where nothing is asked of them.
        shared: What the policy store says is revoked; None without a store.
    """

    source: PolicySource | None
    shared: Shared | None = None


async def read_in_force(settings: Access) -> InForce:
    """What an engine would be made of now.

    Raises:
        PolicyUnavailable: The policies cannot be used.
        PolicyStoreUnavailable: What is revoked cannot be known.
    """
    source = await Building(settings).read()
    if source is None or not settings.store:
        return InForce(source)
    # What is not configured is not imported.
    from federation.gateway.policy_store import read_shared  # noqa: PLC0415

    return InForce(source, await read_shared(settings.store))


@asynccontextmanager
async def open_engine(
    settings: Access, catalogue: Catalogue, in_force: InForce
) -> AsyncIterator[Deciding]:
    """The configured engine on what was read for it, for one question or a few.

    Raises:
        PolicyUnavailable: The policies cannot be used.
    """
    building = Building(settings)
    deciding = await building.build(in_force.source, catalogue, in_force.shared)
    try:
        yield deciding
    finally:
        await deciding.close()
        await building.close()
