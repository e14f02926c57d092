"""What no engine may decide by, whichever it is: rules that would not mean what they say."""

from __future__ import annotations

from federation.gateway.engines.lint import (
    deeply_nested,
    foreign_packages,
    misshapen_rules,
    overlapping_roots,
    unknown_references,
    unportable_calls,
)
from federation.gateway.engines.owned import OwnedEngine, describe_failure
from federation.gateway.engines.reads import undeclared_reads
from federation.gateway.engines.release import PolicyFault, PolicyRelease


def check_release(release: PolicyRelease) -> None:
    """Refuse data or departments in the place of others' rules, and what rules read in vain.

    An OPA server takes all of it: with it a denial by a rule that does not exist, or by a fact that
    nobody sends, never comes about. So with what would take minutes to read.

    Raises:
        PolicyFault: There is something of the kind.
    """
    faults = (
        *overlapping_roots(release.modules, release.documents),
        *foreign_packages(release.modules),
        *unknown_references(release.modules),
        *deeply_nested(release.modules),
        *undeclared_reads(release.modules),
    )
    if faults:
        raise PolicyFault(faults)


def check_rules(release: PolicyRelease) -> None:
    """Refuse what is not portable, such as functions that send what they are asked elsewhere.

    So with what departments write in another shape than it is read in. The embedded engine refuses
    both when it loads a release; an OPA server does as it is told.
    Takes some milliseconds, on any thread.

    Raises:
        PolicyFault: There is something of the kind.
    """
    faults = [fault for name, text in release.modules.items() for fault in faults_of(name, text)]
    if faults:
        raise PolicyFault(tuple(faults))


def faults_of(name: str, text: str) -> list[str]:
    """What ``check_rules`` finds in one module.

    Raises:
        PolicyFault: It does not parse.
    """
    # An engine for each module: the syntax trees of all together take a long moment to write.
    engine = OwnedEngine()
    try:
        engine.here.add_policy(name, text)
    except (RuntimeError, ValueError) as error:
        raise PolicyFault((describe_failure(error),)) from None
    tree = engine.here.get_ast_as_json()
    return [*unportable_calls(tree, {name: text}), *misshapen_rules(tree)]
