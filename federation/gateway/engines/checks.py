"""What no engine may decide by, whichever it is: rules that would not mean what they say."""

from __future__ import annotations

from federation.gateway.engines.lint import overlapping_roots
from federation.gateway.engines.reads import undeclared_reads
from federation.gateway.engines.release import PolicyFault, PolicyRelease


def check_release(release: PolicyRelease) -> None:
    """Refuse data in the place of rules, and rules that read facts which nobody sends them.

    The embedded engine refuses both when it loads a release. An OPA server would not: with it
    a denial that asks for such a fact never comes about.

    Raises:
        PolicyFault: There is something of the kind.
    """
    faults = (
        *overlapping_roots(release.modules, release.documents),
        *undeclared_reads(release.modules),
    )
    if faults:
        raise PolicyFault(faults)
