"""Policy engines: where the gateway's decisions come from.

``load_policies`` reads a policy folder, ``make_release`` joins it with the catalogue into one
consistent release; ``EmbeddedEngine`` evaluates a release in this process, ``OpaEngine`` asks an
OPA server that has loaded the bundles of one. ``CachedEngine`` stands before either.
"""

from federation.gateway.engines.bundle import BUNDLES, Bundle, build_bundles
from federation.gateway.engines.cache import CachedEngine
from federation.gateway.engines.counts import EngineCounts
from federation.gateway.engines.embedded import EmbeddedEngine
from federation.gateway.engines.opa import OpaEngine
from federation.gateway.engines.release import (
    POLICY_FOLDER,
    PolicyFault,
    PolicyRelease,
    PolicySource,
    Revisions,
    granted_purposes,
    load_policies,
    make_release,
)

__all__ = [
    "BUNDLES",
    "POLICY_FOLDER",
    "Bundle",
    "CachedEngine",
    "EmbeddedEngine",
    "EngineCounts",
    "OpaEngine",
    "PolicyFault",
    "PolicyRelease",
    "PolicySource",
    "Revisions",
    "build_bundles",
    "granted_purposes",
    "load_policies",
    "make_release",
]
