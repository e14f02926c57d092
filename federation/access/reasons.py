"""What the reason codes of decisions mean: the one table of all who explain decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or phrase in both languages."""

    english: str
    chinese: str

    def to_json(self) -> dict[str, str]:
        """By language code."""
        return {"en": self.english, "zh": self.chinese}


REASONS: Mapping[str, Text] = {
    "agreed_derivation": Text(
        "its department agreed to everything that is computed from it",
        "其部门已同意由它计算得出的所有字段",
    ),
    "clearance_too_low": Text(
        "its grade is above the caller's clearance", "数据级别高于调用方的许可级别"
    ),
    "consent": Text("the data subject consented", "数据主体已同意"),
    "consent_required": Text(
        "a grant opens it for consenting persons, and no consent covers it",
        "授权仅对已同意的个人开放，而没有适用的同意",
    ),
    "consent_unbound": Text(
        "consent opened it without confining its rows to the consenting person",
        "同意开放了该字段，却未将数据行限定于同意者本人",
    ),
    "count_too_small": Text(
        "a count over rows that the caller may not see is shown from a minimum on",
        "调用方无权查看的数据行，其计数低于下限时不予显示",
    ),
    "grant_required": Text("no grant for this purpose opens this use", "没有该用途下的相应授权"),
    "mask_unsuitable": Text(
        "its mask would break values of its type", "其脱敏方式不适用于该字段类型"
    ),
    "no_decision": Text("the policies gave no usable answer", "策略没有给出可用的答复"),
    "not_authenticated": Text("the schema demands a caller who is known", "模式要求已认证的调用方"),
    "not_classified": Text("its department has not graded it", "所属部门尚未分级"),
    "not_shared": Text(
        "a law withholds it from all but its own department", "依法不予共享，仅限本部门"
    ),
    "open": Text("access control is switched off", "访问控制已关闭"),
    "own_department": Text("it belongs to the caller's own department", "属于调用方本部门的数据"),
    "policy_not_met": Text(
        "the schema demands a named policy that the caller does not meet",
        "模式要求的命名策略未满足",
    ),
    "purpose_expired": Text("the purpose has expired", "用途已过期"),
    "purpose_not_for_operation": Text(
        "the purpose is made for other operations", "该用途不适用于此操作"
    ),
    "purpose_required": Text("a purpose must be stated", "必须说明用途"),
    "purpose_unknown": Text("the purpose is not known", "未知的用途"),
    "region_required": Text(
        "a grant opens rows of the caller's region, and that cannot be applied",
        "授权仅限调用方所属区划的数据行，而此处无法适用",
    ),
    "row_filter_unsupported": Text(
        "rows cannot be filtered where it is held", "持有该数据之处无法按行过滤"
    ),
    "row_right_required": Text(
        "it tells of rows of which the caller may read nothing",
        "它会透露调用方无权查看的数据行是否存在及其数量",
    ),
    "scope_missing": Text(
        "the schema demands scopes that the caller does not hold", "调用方缺少模式要求的权限范围"
    ),
    "shared_unconditionally": Text("it is shared unconditionally", "无条件共享"),
    "unknown_field": Text("the catalogue does not know it", "数据目录中没有该字段"),
}
"""By code; ``grant:<id>`` and the codes of departments' own files are worded by ``word_reason``."""


def word_reason(reason: str) -> Text:
    """What a reason says; an unknown code is one of a department's own file."""
    code, _, name = reason.partition(":")
    if code == "grant":
        return Text(f"the grant {name} opens it", f"由授权 {name} 开放")
    return REASONS.get(
        reason,
        Text("a rule of its department's own file says so", "所属部门自定规则"),
    )
