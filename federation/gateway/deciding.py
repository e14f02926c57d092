"""Who decides: the configured policy engine, with what the rest of the gateway needs of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from federation.access import AccessRequest, Decision, PolicyEngine, allow_all
from federation.gateway.bounded import Bounded
from federation.gateway.settings import Access
from federation.gateway.state import State

if TYPE_CHECKING:
    from federation.gateway.engines import Bundle

_KEPT_DECISIONS = 2_000

Probe = Callable[[], Awaitable[str | None]]
"""What is wrong with one part now; None when it works."""


class OpenEngine:
    """The engine of `--access open`: everything is allowed."""

    def __init__(self) -> None:
        self._kept: Bounded[bytes, Decision] = Bounded(_KEPT_DECISIONS)

    async def decide(self, request: AccessRequest) -> Decision:
        """Yes."""
        return self._kept.get(request.topic) or self._kept.put(request.topic, allow_all(request))


async def never_fails() -> None:
    """The probe of a part that works as long as the process does."""


def no_counts() -> dict[str, int]:
    """The counts of an engine that decides nothing."""
    return {}


@dataclass(frozen=True, slots=True)
class Deciding:
    """An engine and what belongs to it.

    Attributes:
        probe: What is wrong with the engine now.
        counts: What it did, in numbers.
        purposes: Those that grants name, by department.
        bundles: What a stock OPA loads, by name.
    """

    engine: PolicyEngine
    probe: Probe = never_fails
    counts: Callable[[], dict[str, int]] = no_counts
    purposes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bundles: Mapping[str, Bundle] = field(default_factory=dict)


@asynccontextmanager
async def open_engine(settings: Access, state: State) -> AsyncIterator[Deciding]:
    """The configured policy engine on the policies and this state's catalogue.

    Must be entered on the thread that decides: the embedded engine belongs to it.

    Raises:
        PolicyUnavailable: The policies cannot be used.
    """
    if settings.engine == "open":
        yield Deciding(OpenEngine())
        return
    # What is not configured is not imported.
    from federation.gateway import engines  # noqa: PLC0415

    folder = Path(settings.policies) if settings.policies else engines.POLICY_FOLDER
    source = engines.load_policies(folder, Path(settings.data) if settings.data else None)
    release = engines.make_release(source, state.catalogue)
    async with AsyncExitStack() as stack:
        probe: Probe = never_fails
        if settings.engine == "embedded":
            embedded = engines.EmbeddedEngine(release)
            engine = engines.CachedEngine(embedded, embedded.counts)
        else:
            opa = await stack.enter_async_context(
                engines.OpaEngine(
                    settings.opa_url,
                    release.revisions,
                    token=settings.opa_token or None,
                    deadline_seconds=settings.deadline_seconds,
                )
            )
            engine, probe = engines.CachedEngine(opa, opa.counts), opa.fault
        yield Deciding(
            engine=engine,
            probe=probe,
            counts=lambda: asdict(engine.counts),
            purposes=engines.granted_purposes(release.data),
            bundles=engines.build_bundles(release),
        )
