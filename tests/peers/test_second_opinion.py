"""A second opinion on composition: the same inputs compose, or fail with the same codes.

@apollo/composition is compared by codes, @theguild/federation-composition as well; hints with the
first, since the other gives none. A difference is meant or not there: each one stands in a table
with its reason.
"""

import re
from collections.abc import Iterator

import pytest

from federation.composition import SubgraphDocument, compose_documents
from federation.supergraph.specifications import BY_IDENTITY
from tests.peers.pack import SUITES, documents
from tests.peers.peers import COMPOSERS, Composer, Document, Peers
from tests.support.cases import all_cases

pytestmark = pytest.mark.timeout(300)

_FOLLOW = "the second code follows from the same mistake; we name the mistake once"
_RESOLVED = (
    "takes a field of an interface for resolved, although it is external in every implementer"
)
_LABELS = "asks for a required field without deciding the label that moves it"
_NO_VERSION = "takes a link to an unknown version for no link, so that its directives are unknown"
APOLLO: dict[str, tuple[set[str], str]] = {
    "errors/external_on_interface": ({"EXTERNAL_ON_INTERFACE", "EXTERNAL_UNUSED"}, _FOLLOW),
    "errors/key_invalid_fields": ({"RAISED"}, "raises an exception on a key over an enum's field"),
    "errors/override_collision_with_another_directive": (
        {"INVALID_FIELD_SHARING", "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE"},
        _FOLLOW,
    ),
    "errors/requires_unsupported_on_interface": (
        {"REQUIRES_FIELDS_MISSING_EXTERNAL", "REQUIRES_UNSUPPORTED_ON_INTERFACE"},
        _FOLLOW,
    ),
    "errors/type_definition_invalid": (
        set(),
        "does not look at the machinery's types in a document that links no federation",
    ),
    "errors/unknown_link_version": ({"INVALID_GRAPHQL"}, _NO_VERSION),
    "override/labels": ({"SATISFIABILITY_ERROR"}, _LABELS),
    "provides/unions": ({"PROVIDES_FIELDS_MISSING_EXTERNAL"}, _RESOLVED),
}
_OTHER_NAME = "finds the same mistake under another code"
_NOT_CHECKED = "does not check it"
_NO_HINT = "calls an error what is a hint"
GUILD: dict[str, tuple[set[str], str]] = {
    "errors/context_invalid_selection": ({"RAISED"}, "raises an exception on a broken selection"),
    "errors/directive_definition_invalid": (
        {"DIRECTIVE_DEFINITION_INVALID", "INVALID_GRAPHQL"},
        _OTHER_NAME,
    ),
    "errors/disallowed_inaccessible": (set(), _NOT_CHECKED),
    "errors/external_argument_default_mismatch": ({"FIELD_ARGUMENT_DEFAULT_MISMATCH"}, _OTHER_NAME),
    "errors/external_argument_type_mismatch": ({"FIELD_ARGUMENT_TYPE_MISMATCH"}, _OTHER_NAME),
    "errors/external_collision_with_another_directive": (set(), _NOT_CHECKED),
    "errors/external_on_interface": (set(), _NOT_CHECKED),
    "errors/external_type_mismatch": ({"EXTERNAL_TYPE_MISMATCH", "FIELD_TYPE_MISMATCH"}, _FOLLOW),
    "errors/interface_key_missing_implementation_type": (set(), _NOT_CHECKED),
    "errors/invalid_link_directive_usage": ({"NO_CODE"}, _OTHER_NAME),
    "errors/key_directive_in_fields_arg": ({"KEY_INVALID_FIELDS"}, _OTHER_NAME),
    "errors/link_import_name_mismatch": (set(), _NOT_CHECKED),
    "errors/list_size_applied_to_non_list": ({"LIST_SIZE_INVALID_SIZED_FIELD"}, _OTHER_NAME),
    "errors/override_source_has_override": ({"OVERRIDE_SOURCE_HAS_OVERRIDE"}, _FOLLOW),
    "errors/provides_directive_in_fields_arg": ({"PROVIDES_INVALID_FIELDS"}, _OTHER_NAME),
    "errors/requires_directive_in_fields_arg": ({"REQUIRES_INVALID_FIELDS"}, _OTHER_NAME),
    "errors/shareable_has_mismatched_runtime_types": (set(), _NOT_CHECKED),
    "errors/type_definition_invalid": (set(), _NOT_CHECKED),
    "errors/type_with_only_unused_external": ({"SATISFIABILITY_ERROR"}, _OTHER_NAME),
    "hints/directive_composition_info": ({"DIRECTIVE_COMPOSITION_ERROR"}, _NO_HINT),
    "hints/directive_composition_warn": ({"DIRECTIVE_COMPOSITION_ERROR"}, _NO_HINT),
    "hints/implicitly_upgraded_federation_version": (
        {"INVALID_GRAPHQL"},
        "reads each document by the version it links",
    ),
    "override/labels": ({"SATISFIABILITY_ERROR"}, _LABELS),
    "provides/unions": ({"PROVIDES_FIELDS_MISSING_EXTERNAL"}, _RESOLVED),
    "link/renamed": ({"INVALID_GRAPHQL"}, "does not know a link renamed with `as`"),
    "link/renamed_roots": ({"RAISED"}, "raises an exception on renamed root types"),
}
DIFFERENCES: dict[Composer, dict[str, tuple[set[str], str]]] = {"apollo": APOLLO, "guild": GUILD}
"""Codes that the other finds where ours differ, and why."""

HINTS: dict[str, tuple[set[str], str]] = {
    "pack/partial-union": (
        {"INCONSISTENT_UNION_MEMBER"},
        "compares runtime types of a shared field only where a query can come from both subgraphs",
    ),
}
"""Hints of @apollo/composition where ours differ, and why."""

GOVERNANCE = BY_IDENTITY["https://specs.datong.dev/governance"]


def _inputs() -> Iterator[tuple[str, list[Document]]]:
    for suite_id in SUITES:
        yield f"pack/{suite_id}", documents(suite_id)
    for case in all_cases():
        yield (
            case.id,
            [{"name": each.name, "url": each.url, "sdl": each.sdl} for each in case.subgraphs()],
        )


INPUTS = dict(_inputs())


@pytest.mark.parametrize("by", COMPOSERS)
@pytest.mark.parametrize("name", INPUTS)
def test_the_same_codes_are_found(name: str, by: Composer, peers: Peers) -> None:
    composition = compose_documents(SubgraphDocument(**each) for each in INPUTS[name])
    # The governance directives and their codes are our own.
    ours = {each.code for each in composition.errors if not each.code.startswith("GOVERNANCE_")}

    theirs = peers.compose([_self_contained(each) for each in INPUTS[name]], by)

    found = {code.partition(":")[0] for code in theirs.errors}
    expected, _reason = DIFFERENCES[by].get(name, (ours, ""))
    assert found == expected, theirs.messages
    assert name not in DIFFERENCES[by] or expected != ours, "no difference: remove it"


@pytest.mark.parametrize("name", INPUTS)
def test_the_same_hints_are_given(name: str, peers: Peers) -> None:
    composition = compose_documents(SubgraphDocument(**each) for each in INPUTS[name])
    ours = {each.code for each in composition.hints if not each.code.startswith("GOVERNANCE_")}

    theirs = peers.compose([_self_contained(each) for each in INPUTS[name]], "apollo")

    if composition.errors or theirs.errors:
        return  # Hints are given about what composes.
    expected, _reason = HINTS.get(name, (ours, ""))
    assert set(theirs.hints) == expected
    assert name not in HINTS or expected != ours, "no difference: remove it"


def test_every_listed_difference_has_an_input() -> None:
    assert (APOLLO.keys() | GUILD.keys() | HINTS.keys()) <= INPUTS.keys()


def _self_contained(document: Document) -> Document:
    """The subgraph with definitions of the governance directives, which the peers do not know."""
    if GOVERNANCE.identity not in document["sdl"]:
        return document
    used = set(re.findall(r"@(\w+)", document["sdl"]))
    definitions = [
        f"directive @{name}{signature}"
        for known, signature in GOVERNANCE.directives.items()
        for name in (known, f"governance__{known}")
        if name in used
    ]
    return document | {"sdl": "\n".join((document["sdl"], *definitions, GOVERNANCE.types))}
