"""Which fields no rule or grant reaches, and which grants reach nothing."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from federation.access import (
    MAX_COORDINATES,
    AccessRequest,
    Asker,
    Caller,
    OperationFacts,
    PolicyEngine,
    Uses,
    suits,
)
from federation.catalogue import Catalogue, Item
from federation.gateway.engines.authoring.narrowings import (
    Narrowing,
    find_in_vain,
    find_narrowings,
)
from federation.gateway.engines.authoring.trial import EmbeddedTrial
from federation.gateway.engines.embedded import EmbeddedEngine
from federation.gateway.engines.release import POLICY_ROOT, PolicyRelease
from federation.supergraph.governance import SharingClass

UNDECIDED = frozenset({"no_decision", "not_classified", "unknown_field"})
"""Reasons that say that no rule speaks of a field."""

STATUSES = ("open", "granted", "own_only", "not_shared", "uncovered")
"""Open to all; granted to somebody; for its own department only, for want of grants or by law."""

_MET = re.compile(r'^met\s+contains\s+"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """One thing that is not as somebody meant it, or that is good to know.

    Attributes:
        owners: Subgraphs that answer for the field; empty when it does not exist.
    """

    coordinate: str
    code: str
    message: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Covering:
    """What became of every field.

    Attributes:
        statuses: Coordinate to one of ``STATUSES``.
        owners: Coordinate to subgraphs.
        notes: What works as it stands and may surprise.
    """

    statuses: Mapping[str, str]
    owners: Mapping[str, tuple[str, ...]]
    gaps: tuple[Gap, ...]
    notes: tuple[Gap, ...]

    def counts(self) -> dict[str, Counter[str]]:
        """By subgraph, how many of its fields have which status."""
        found: dict[str, Counter[str]] = {}
        for coordinate, status in self.statuses.items():
            for owner in self.owners[coordinate]:
                found.setdefault(owner, Counter())[status] += 1
        return dict(sorted(found.items()))


async def measure_coverage(release: PolicyRelease, catalogue: Catalogue) -> Covering:
    """The coverage of every field of a schema by this release.

    Raises:
        PolicyFault: The release cannot be used.
        PolicyUnavailable: The rules failed.
    """
    now = int(time.time())
    items = {
        str(item.coordinate): item
        for entry in catalogue.entries.values()
        for item in entry.items.values()
    }
    reasons = await _ask_all(EmbeddedEngine(release), items, now)
    grants = tuple(_grants(release))
    narrowings = tuple(find_narrowings(EmbeddedTrial(release.modules, {}).syntax()))
    gaps = [
        *_uncovered(items, reasons),
        *_undefined_policies(items, release),
        *(gap for grant in grants for gap in _useless(grant, items, catalogue, release)),
        *_expired(grants, items, now),
        *_ineffective(narrowings, catalogue),
    ]
    granted = {grant.coordinate for grant in grants if grant.terms.get("expires", 0) > now}
    uncovered = {coordinate for coordinate, found in reasons.items() if found & UNDECIDED}
    return Covering(
        statuses={
            name: "uncovered" if name in uncovered else _status(item, name in granted)
            for name, item in sorted(items.items())
        },
        owners={name: item.owners for name, item in items.items()},
        gaps=tuple(sorted(set(gaps))),
        notes=tuple(
            sorted(
                {
                    *_masked_keys(grants, narrowings, items, catalogue),
                    *_masked_and_sought(grants, narrowings, items),
                }
            )
        ),
    )


@dataclass(frozen=True, slots=True)
class _Grant:
    department: str
    coordinate: str
    name: str
    terms: Mapping[str, Any]

    def __str__(self) -> str:
        return f"grant {self.name} to {self.department}"


def _grants(release: PolicyRelease) -> Iterator[_Grant]:
    for department, fields in release.data.get("grants", {}).items():
        for coordinate, granted in fields.items():
            for name, terms in granted.items():
                yield _Grant(department, coordinate, name, terms)


async def _ask_all(
    engine: PolicyEngine, coordinates: Iterable[str], now: int
) -> dict[str, frozenset[str]]:
    """The reasons for a caller of nowhere who is cleared for everything."""
    asker = Asker(Caller("coverage", "person", clearance=6), None, (), now)
    request = AccessRequest(asker, OperationFacts("query"), {})
    names, found = sorted(coordinates), {}
    for start in range(0, len(names), MAX_COORDINATES):
        part = names[start : start + MAX_COORDINATES]
        asked = replace(request, fields=dict.fromkeys(part, Uses(select=True)))
        decision = await engine.decide(asked)
        found.update({n: frozenset(decision.verdict(n, "select").reasons) for n in part})
    return found


def _status(item: Item, granted: bool) -> str:
    if item.grade.sharing is SharingClass.UNCONDITIONAL:
        return "open"
    if item.grade.sharing is SharingClass.NOT_SHARED:
        return "not_shared"
    return "granted" if granted else "own_only"


def _uncovered(items: Mapping[str, Item], reasons: Mapping[str, frozenset[str]]) -> Iterator[Gap]:
    for coordinate, found in reasons.items():
        for code in sorted(found & UNDECIDED):
            words = "no rule decides on it: it is denied to everybody"
            yield Gap(coordinate, code, words, items[coordinate].owners)


def _undefined_policies(items: Mapping[str, Item], release: PolicyRelease) -> Iterator[Gap]:
    text = release.modules.get(f"{POLICY_ROOT}/policies.rego", "")
    met = set(_MET.findall(text))
    for coordinate, item in items.items():
        for alternatives in item.demands.policies:
            for name in sorted({name for names in alternatives for name in names} - met):
                words = f"@policy names {name!r}, which datong/policies.rego never meets"
                yield Gap(coordinate, "policy_undefined", words, item.owners)


def _useless(
    grant: _Grant, items: Mapping[str, Item], catalogue: Catalogue, release: PolicyRelease
) -> Iterator[Gap]:
    """Why a grant can never open anything, or not as it says."""
    item = items.get(grant.coordinate)
    if item is None:
        yield Gap(grant.coordinate, "grant_unknown_field", f"{grant}: no such field", ())
        return

    def gap(code: str, words: str) -> Gap:
        return Gap(grant.coordinate, code, f"{grant}: {words}", item.owners)

    entry, terms = catalogue.entries[item.coordinate.type], grant.terms
    own = release.data.get("organisations", {}).get(grant.department, {}).get("subgraphs", {})
    if item.grade.sharing is SharingClass.NOT_SHARED and not set(own) & set(item.owners):
        yield gap("grant_not_shared", "a law withholds the field, whatever is granted")
    if terms.get("consent") and entry.subject is None:
        yield gap("grant_without_subject", f"{entry.name} has no @dataSubject, nobody can consent")
    if terms.get("region") and entry.region is None:
        yield gap("grant_without_region", f"{entry.name} has no @regionCode, no rows are known")
    for key, words in (
        ("uses", "it names no use"),
        ("purposes", "it names no purpose"),
        ("roles", "it names no role, so nobody has one"),
    ):
        if key in terms and not terms[key]:
            yield gap("grant_opens_nothing", words)
    if terms.get("starts", 0) >= terms.get("expires", 0):
        yield gap("grant_opens_nothing", "it ends before it begins")
    mask = terms.get("mask")
    if mask is not None and not suits(mask, item.type):
        yield gap("mask_unsuitable", f"the mask {mask} does not suit values of type {item.type}")


def _expired(grants: Iterable[_Grant], items: Mapping[str, Item], now: int) -> Iterator[Gap]:
    for grant in grants:
        if grant.coordinate in items and grant.terms.get("expires", 0) <= now:
            words = f"{grant}: it has expired"
            yield Gap(grant.coordinate, "grant_expired", words, items[grant.coordinate].owners)


def _ineffective(narrowings: Iterable[Narrowing], catalogue: Catalogue) -> Iterator[Gap]:
    """What departments' files say in vain."""
    for each in find_in_vain(narrowings, catalogue):
        words = f"{each.narrowing.where}: {each.message}"
        yield Gap(each.narrowing.place, each.code, words, each.owners)


def _masked_keys(
    grants: Iterable[_Grant],
    narrowings: Iterable[Narrowing],
    items: Mapping[str, Item],
    catalogue: Catalogue,
) -> Iterator[Gap]:
    """Keys that are shown masked: they join as they are, and what is shown identifies nothing."""
    masks = [(each.coordinate, str(each), each.terms.get("mask")) for each in grants]
    masks += [(n.place, n.where, n.rule.value) for n in narrowings if n.rule.name == "mask"]
    for coordinate, who, mask in masks:
        item = items.get(coordinate)
        keys = catalogue.entries[item.coordinate.type].keys if item else ()
        if item and mask not in {None, "hash"} and item.coordinate.field in keys:
            words = (
                f"{who}: the mask {mask} hides a key, which joins all the same; "
                "what is shown tells no entities apart (hash does)"
            )
            yield Gap(coordinate, "masked_key", words, item.owners)


def _masked_and_sought(
    grants: Iterable[_Grant], narrowings: Iterable[Narrowing], items: Mapping[str, Item]
) -> Iterator[Gap]:
    """Fields shown masked by which one may filter or sort: the value is found by asking often."""
    masked = {(each.department, each.coordinate) for each in grants if "mask" in each.terms}
    rules = {each.place for each in narrowings if each.rule.name == "mask"}
    for grant in grants:
        item, place = items.get(grant.coordinate), (grant.department, grant.coordinate)
        uses = [use for use in ("filter", "sort") if use in grant.terms.get("uses", ())]
        if item and uses and (place in masked or grant.coordinate in rules):
            words = (
                f"{grant}: it is shown masked and opens {' and '.join(uses)}; who asks often "
                "enough finds the value, whatever the mask"
            )
            yield Gap(grant.coordinate, "masked_and_sought", words, item.owners)
