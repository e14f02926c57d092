"""What could change a denial: the things a caller, or those who grant, can do about it.

A remedy can be applied to a question, so that an engine tells whether it helps; nothing here knows
the rules. ``what_if`` of the policy tools finds the smallest sets that do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from federation.access.reasons import Text
from federation.access.request import AccessRequest, Asker, Caller, ConsentFact

KINDS = (
    "grant",
    "clearance",
    "department",
    "region",
    "roles",
    "consent",
    "scopes",
    "kind",
    "identity",
    "operation",
    "purpose",
)
"""What asks most of others comes first: it is the first to be left out of a set."""

HYPOTHETICAL = "what-if"
USE_WORDS: Mapping[str, Text] = {
    "select": Text("read", "读取"),
    "filter": Text("filter by", "筛选"),
    "sort": Text("sort by", "排序"),
    "join": Text("compute with", "参与计算"),
}


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """What a question is judged by beside the rules.

    Attributes:
        fields: Coordinate to its facts in ``data.catalogue``.
        types: Type name to its facts there.
        grants: Department, coordinate and grant to its terms.
        purposes: Code to its terms.
        organisations: Code to name and subgraphs.
    """

    fields: Mapping[str, Any]
    types: Mapping[str, Any]
    grants: Mapping[str, Any]
    purposes: Mapping[str, Any]
    organisations: Mapping[str, Any]

    def granted(self, department: str | None, coordinate: str) -> Mapping[str, Any]:
        """Grants of a department for one field, by id."""
        found: Mapping[str, Any] = self.grants.get(department or "", {}).get(coordinate, {})
        return found

    def owner_names(self, coordinate: str) -> str:
        """Who answers for a field: names of organisations, else of subgraphs."""
        owners = self.fields.get(coordinate, {}).get("owners", {})
        names = [
            str(each["name"])
            for each in self.organisations.values()
            if any(owner in each.get("subgraphs", {}) for owner in owners)
        ]
        shown = names or sorted(owners)
        more = f" (+{len(shown) - 2})" if len(shown) > 2 else ""
        return (", ".join(shown[:2]) or "-") + more


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing to do.

    Attributes:
        kind: One of ``KINDS``.
        values: What it is about, for machines.
        text: What to do, one sentence.
    """

    kind: str
    text: Text
    values: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {"kind": self.kind, **self.values, "text": self.text.to_json()}


def purposes_to_try(request: AccessRequest, coordinate: str, facts: PolicyFacts) -> list[str]:
    """The purpose of the question, then those of the caller's grants for the field.

    Those that count only; where there is none, one of grants for other fields, or just any.
    """
    now, department = request.asker.now, request.asker.caller.department
    granted = _granted_purposes(facts.granted(department, coordinate), now)
    stated = request.asker.purpose
    found = [] if stated is None else [stated]
    found += [each for each in sorted(granted) if each != stated]
    usable = [each for each in found if _counts(each, now, facts)]
    elsewhere = {
        purpose
        for grants in facts.grants.get(department or "", {}).values()
        for purpose in _granted_purposes(grants, now)
    }
    others = [*sorted(elsewhere), *sorted(facts.purposes)]
    return usable or [each for each in others if _counts(each, now, facts)][:1]


def _granted_purposes(grants: Mapping[str, Any], now: int) -> set[str]:
    return {
        purpose
        for grant in grants.values()
        if grant.get("expires", 0) > now
        for purpose in grant.get("purposes", ())
    }


def _counts(purpose: str, now: int, facts: PolicyFacts) -> bool:
    terms = facts.purposes.get(purpose)
    return terms is not None and not terms.get("expires", now + 1) <= now


def remedies(
    request: AccessRequest, coordinate: str, use: str, purpose: str | None, facts: PolicyFacts
) -> dict[str, Remedy]:
    """Everything that could be done about one denied use, by kind in the order of ``KINDS``.

    Args:
        request: The question.
        coordinate: Of the denied use.
        use: select, filter, sort or join.
        purpose: To be stated, one of ``purposes_to_try``; None where the policies know none.
        facts: What it was judged by.
    """
    found = {each.kind: each for each in _remedies(request, coordinate, use, purpose, facts)}
    return {kind: found[kind] for kind in KINDS if kind in found}


def _remedies(
    request: AccessRequest, coordinate: str, use: str, purpose: str | None, facts: PolicyFacts
) -> Iterator[Remedy]:
    caller, fact = request.asker.caller, facts.fields.get(coordinate, {})
    owners, words = facts.owner_names(coordinate), USE_WORDS[use]
    department = caller.department or "the caller's department"
    chinese_department = caller.department or "调用方所属部门"
    yield Remedy(
        "grant",
        Text(
            f"Ask {owners} to grant {department} to {words.english} {coordinate} "
            f"for the purpose {purpose}.",
            f"请向 {owners} 申请授权：允许 {chinese_department} 在用途 {purpose} 下"
            f"对 {coordinate} 进行{words.chinese}。",
        ),
        {"department": department, "coordinate": coordinate, "use": use, "purpose": purpose},
    )
    if fact.get("level", 0) > caller.clearance:
        level = fact["level"]
        yield Remedy(
            "clearance",
            Text(
                f"{coordinate} has grade {level} and the caller's clearance is "
                f"{caller.clearance}: a clearance of {level} is needed, or a grant that reaches "
                "this grade.",
                f"{coordinate} 为 {level} 级，调用方许可级别为 {caller.clearance}："
                f"需要 {level} 级许可，"
                "或注明可达该级别的授权。",
            ),
            {"level": level, "clearance": caller.clearance},
        )
    if not caller.department:
        yield Remedy(
            "department",
            Text(
                "Grants are made to departments, and this caller belongs to none.",
                "授权以部门为单位，而该调用方不属于任何部门。",
            ),
        )
    yield from _row_remedies(request, coordinate, purpose, facts)
    yield from _caller_remedies(request, coordinate, fact, facts)
    if request.asker.purpose != purpose and purpose is not None:
        yield Remedy(
            "purpose",
            Text(
                f"State the purpose {purpose} in the header Datong-Purpose.",
                f"请在请求头 Datong-Purpose 中说明用途 {purpose}。",
            ),
            {"purpose": purpose},
        )
    operations = sorted(facts.purposes.get(purpose or "", {}).get("operations", ()))
    if operations and request.operation.name not in operations:
        names = ", ".join(operations)
        yield Remedy(
            "operation",
            Text(
                f"The purpose {purpose} counts only for operations named {names}.",
                f"用途 {purpose} 仅适用于名为 {names} 的操作。",
            ),
            {"operations": operations},
        )


def _row_remedies(
    request: AccessRequest, coordinate: str, purpose: str | None, facts: PolicyFacts
) -> Iterator[Remedy]:
    caller = request.asker.caller
    granted = facts.granted(caller.department, coordinate).values()
    type_facts = facts.types.get(coordinate.partition(".")[0], {})
    if "subject" in type_facts and any(grant.get("consent") for grant in granted):
        yield Remedy(
            "consent",
            Text(
                f"Send the consent of the person concerned, given to {caller.id} for the purpose "
                f"{purpose} and naming {coordinate}, in the header Datong-Consent.",
                f"请在请求头 Datong-Consent 中附上当事人的同意：授予 {caller.id}，用途 {purpose}，"
                f"并列明 {coordinate}。",
            ),
            {"coordinate": coordinate, "purpose": purpose},
        )
    if not caller.region:
        yield Remedy(
            "region",
            Text(
                "The grant opens rows of the caller's region, and this caller has none.",
                "该授权仅开放调用方所属区划的数据行，而该调用方没有所属区划。",
            ),
        )


def _caller_remedies(
    request: AccessRequest, coordinate: str, fact: Mapping[str, Any], facts: PolicyFacts
) -> Iterator[Remedy]:
    caller = request.asker.caller
    granted = facts.granted(caller.department, coordinate).values()
    roles = sorted({role for grant in granted for role in grant.get("roles", ())} - caller.roles)
    if roles:
        names = ", ".join(roles)
        yield Remedy(
            "roles",
            Text(f"A role is needed: {names}.", f"需要角色：{names}。"),
            {"roles": roles},
        )
    demands = fact.get("demands", {})
    scopes = sorted(
        {scope for alternatives in demands.get("scopes", ()) for scope in alternatives[0]}
        - caller.scopes
    )
    if scopes:
        names = ", ".join(scopes)
        yield Remedy(
            "scopes",
            Text(f"The token must hold the scopes {names}.", f"令牌须具备权限范围：{names}。"),
            {"scopes": scopes},
        )
    other = "person" if caller.kind == "application" else "application"
    word = "个人" if other == "person" else "应用"
    yield Remedy(
        "kind",
        Text(f"Only a caller of kind {other} may have it.", f"仅限类型为“{word}”的调用方。"),
        {"caller_kind": other},
    )
    if not caller.authenticated:
        yield Remedy(
            "identity",
            Text("Send a token: the caller must be known.", "请附上令牌：须为已认证的调用方。"),
        )


def apply_remedies(request: AccessRequest, chosen: Iterable[Remedy]) -> AccessRequest:
    """The question as it would be; what concerns grants is up to the data asked on.

    A consent is made up for a subject that exists nowhere, and replaces those in the question.
    """
    asker = request.asker
    for remedy in chosen:
        if remedy.kind == "purpose":
            asker = replace(asker, purpose=remedy.values["purpose"])
        elif remedy.kind == "operation":
            name = remedy.values["operations"][0]
            request = replace(request, operation=replace(request.operation, name=name))
        elif remedy.kind == "consent":
            asker = replace(asker, consents=(_consent(request, asker, remedy),))
        else:
            asker = replace(asker, caller=_changed(asker.caller, remedy))
    return replace(request, asker=asker)


def _consent(request: AccessRequest, asker: Asker, remedy: Remedy) -> ConsentFact:
    return ConsentFact(
        id=HYPOTHETICAL,
        subject=HYPOTHETICAL,
        purpose=str(remedy.values["purpose"]),
        fields=frozenset(request.fields),
        expires=asker.now + 3600,
    )


def _changed(caller: Caller, remedy: Remedy) -> Caller:
    values = remedy.values
    match remedy.kind:
        case "clearance":
            caller = replace(caller, clearance=values["level"])
        case "roles":
            caller = replace(caller, roles=caller.roles | set(values["roles"]))
        case "scopes":
            caller = replace(caller, scopes=caller.scopes | set(values["scopes"]))
        case "kind":
            caller = replace(caller, kind=values["caller_kind"])
        case "identity":
            caller = replace(caller, id=HYPOTHETICAL)
        case "department":
            caller = replace(caller, department=HYPOTHETICAL)
        case "region":
            caller = replace(caller, region=HYPOTHETICAL)
    return caller
