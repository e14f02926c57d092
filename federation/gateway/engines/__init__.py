"""Policy engines: where the gateway's decisions come from.

``load_policies`` reads a policy folder, ``make_release`` joins it with the catalogue into one
consistent release; ``EmbeddedEngine`` evaluates a release in this process, ``PolicyProcess`` in one
of its own, ``OpaEngine`` asks an OPA server that has loaded the bundles of one. ``CachedEngine``
stands before either, and ``Views`` decides on whole schemas.
"""

from typing import TYPE_CHECKING, Any

from federation.gateway.engines.bundle import BUNDLES, Bundle, build_bundles, bundle_signer
from federation.gateway.engines.cache import CachedEngine
from federation.gateway.engines.checks import check_release, check_rules
from federation.gateway.engines.counts import EngineCounts
from federation.gateway.engines.embedded import EmbeddedEngine
from federation.gateway.engines.failing import Departments
from federation.gateway.engines.process import DividedEngine, PolicyProcess
from federation.gateway.engines.reads import declared_reads
from federation.gateway.engines.release import (
    POLICY_FOLDER,
    PolicyFault,
    PolicyRelease,
    PolicySource,
    Revisions,
    granted_purposes,
    load_policies,
    make_release,
    without_revoked,
)
from federation.gateway.engines.views import View, Views, ViewsExhausted

if TYPE_CHECKING:
    from federation.gateway.engines.opa import OpaEngine

__all__ = [
    "BUNDLES",
    "POLICY_FOLDER",
    "Bundle",
    "CachedEngine",
    "Departments",
    "DividedEngine",
    "EmbeddedEngine",
    "EngineCounts",
    "OpaEngine",
    "PolicyFault",
    "PolicyProcess",
    "PolicyRelease",
    "PolicySource",
    "Revisions",
    "View",
    "Views",
    "ViewsExhausted",
    "build_bundles",
    "bundle_signer",
    "check_release",
    "check_rules",
    "declared_reads",
    "granted_purposes",
    "load_policies",
    "make_release",
    "without_revoked",
]


def __getattr__(name: str) -> Any:
    """OpaEngine, when it is first asked for: its client library takes 10 MB."""
    if name == "OpaEngine":
        from federation.gateway.engines.opa import OpaEngine  # noqa: PLC0415

        return OpaEngine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
