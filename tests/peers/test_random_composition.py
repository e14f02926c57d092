"""Random small changes to subgraphs: the verdict, the codes and the hints of @apollo/composition.

The cases of tests/cases and the suites of the conformance pack are changed as ``mutations`` says;
some of what results composes, most does not. More of it: DATONG_PEER_COMPOSITIONS=3000 (and
DATONG_PEER_FIRST_SEED). ``docs/proofs.md`` tells what longer runs found.

Ours must refuse what theirs refuses, accept what theirs accepts, and name every code that theirs
names. It may name more: theirs stops after the faults of single subgraphs. What differs else is
listed here with its reason.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pytest

from federation.composition import Composition, SubgraphDocument, compose_documents
from tests.peers.mutations import Mutator
from tests.peers.pack import SUITES, documents
from tests.peers.peers import Document, PeerComposition, Peers
from tests.support.cases import all_cases

COUNT = int(os.environ.get("DATONG_PEER_COMPOSITIONS", "80"))
FIRST_SEED = int(os.environ.get("DATONG_PEER_FIRST_SEED", "0"))

# Governance directives are our own.
BASES: dict[str, list[Document]] = {
    **{f"pack/{suite_id}": documents(suite_id) for suite_id in SUITES},
    **{
        case.id: [
            {"name": each.name, "url": each.url, "sdl": each.sdl} for each in case.subgraphs()
        ]
        for case in all_cases()
        if "governance" not in case.id
    },
}
COMPOSING = sorted(name for name in BASES if not name.startswith("errors/"))


@dataclass(frozen=True)
class Compared:
    """Both answers about one set of subgraphs."""

    ours: Composition
    theirs: PeerComposition

    @property
    def our_codes(self) -> set[str]:
        """Codes of our errors."""
        return {each.code for each in self.ours.errors}

    @property
    def their_codes(self) -> set[str]:
        """Codes of their errors."""
        return {code.partition(":")[0] for code in self.theirs.errors}

    def says(self, code: str, text: str) -> bool:
        """Whether all our errors have a code and say something."""
        return all(e.code == code and re.search(text, e.message) for e in self.ours.errors)


# Where only one of the two refuses.
VERDICTS: dict[str, Callable[[Compared], bool]] = {
    "they raise an exception": lambda each: each.their_codes == {"RAISED"},
    "they do not look at the machinery's own types": (
        lambda each: each.our_codes == {"TYPE_DEFINITION_INVALID"}
    ),
    "they take a link to an unknown version for no link": (
        lambda each: each.our_codes == {"UNKNOWN_LINK_VERSION"}
    ),
    "they unite a value that one enum defines twice": (
        lambda each: each.says("INVALID_GRAPHQL", "can only be defined once")
    ),
    "they do not look at labels of overrides without effect": (
        lambda each: each.our_codes == {"OVERRIDE_LABEL_INVALID"}
    ),
    "they enter the mutation root again, wherever it is returned": (
        lambda each: each.says(
            "SATISFIABILITY_ERROR", "^mutation .*Mutation has no resolvable @key"
        )
    ),
    "they take a field of an interface for resolved that is external in every implementer": (
        lambda each: each.their_codes == {"PROVIDES_FIELDS_MISSING_EXTERNAL"}
    ),
    "they let an overridden key be read where `extend` mentions it": (
        lambda each: each.says("SATISFIABILITY_ERROR", "only @external")
    ),
    "they want what is required to be reachable from the subgraph that requires it": (
        lambda each: (
            each.their_codes == {"SATISFIABILITY_ERROR"}
            and all("@require conditions" in message for message in each.theirs.messages)
        )
    ),
}
# Codes of theirs that ours lacks, where both refuse.
MISSING: dict[str, Callable[[Compared], bool]] = {
    "RAISED": lambda _: True,
    # The second code for one mistake.
    "EXTERNAL_UNUSED": (
        lambda each: bool(each.our_codes & {"EXTERNAL_ON_INTERFACE", "PROVIDES_INVALID_FIELDS"})
    ),
    "SATISFIABILITY_ERROR": lambda each: "TYPE_WITH_ONLY_UNUSED_EXTERNAL" in each.our_codes,
    # They take a field of an interface for resolved that is external in every implementer.
    "PROVIDES_FIELDS_MISSING_EXTERNAL": lambda each: "Pin.title" in str(each.theirs.messages),
    "INVALID_FIELD_SHARING": (
        lambda each: bool(
            each.our_codes & {"OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", "TYPE_KIND_MISMATCH"}
        )
    ),
    "REQUIRES_FIELDS_MISSING_EXTERNAL": (
        lambda each: bool(
            each.our_codes & {"REQUIRES_UNSUPPORTED_ON_INTERFACE", "INVALID_FIELD_SHARING"}
        )
    ),
    "EXTERNAL_MISSING_ON_BASE": lambda each: "INTERFACE_OBJECT_USAGE_ERROR" in each.our_codes,
    # The same mistake under another code.
    "TYPE_KIND_MISMATCH": lambda each: "INTERFACE_OBJECT_USAGE_ERROR" in each.our_codes,
}
UNREADABLE = {
    "INVALID_GRAPHQL",
    "INVALID_LINK_DIRECTIVE_USAGE",
    "UNKNOWN_FEDERATION_LINK_VERSION",
    "UNKNOWN_LINK_VERSION",
}
"""When a document cannot be read, nothing is said about how the subgraphs fit together."""

MORE_HINTS = {
    # They compare runtime types only where a query can come from both subgraphs.
    "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN",
}


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + COUNT))
def test_the_other_composer_agrees(seed: int, peers: Peers) -> None:
    subgraphs, changes = changed(seed)

    found = Compared(
        compose_documents(SubgraphDocument(**each) for each in subgraphs),
        peers.compose(subgraphs, "apollo"),
    )

    told = "\n".join([*changes, str(found.theirs.messages), str(found.ours.errors)])
    if bool(found.our_codes) != bool(found.their_codes):
        assert any(holds(found) for holds in VERDICTS.values()), told
    elif found.our_codes:
        lacking = found.their_codes - found.our_codes
        assert all(
            (code in MISSING and MISSING[code](found)) or found.our_codes & UNREADABLE
            for code in lacking
        ), told
    else:
        ours = {each.code for each in found.ours.hints}
        assert set(found.theirs.hints) - ours == set(), told
        assert ours - set(found.theirs.hints) <= MORE_HINTS, told


def changed(seed: int) -> tuple[list[Document], list[str]]:
    """The subgraphs of a seed, and what was changed in what."""
    random = Random(seed)
    name = random.choice(COMPOSING if random.random() < 0.6 else sorted(BASES))
    mutator = Mutator(BASES[name], random)
    for _ in range(random.choice((1, 1, 1, 2))):
        mutator.change()
    return mutator.documents(), [name, *mutator.changes]
