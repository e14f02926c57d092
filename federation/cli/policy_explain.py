"""`datong policy explain`: how single fields are decided, on which facts, and what would help."""

from __future__ import annotations

import time
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from federation.cli.access_question import (
    CallerOption,
    ConsentOption,
    CoordinatesArgument,
    FieldQuestion,
    OperationOption,
    PurposeOption,
    explain_fields,
    read_asker,
)
from federation.cli.languages import Language, LanguageOption, chosen, label, lines, reasons_to_json
from federation.cli.option_groups import with_groups
from federation.cli.policy_options import (
    Format,
    FormatOption,
    ReleaseOptions,
    plain,
    stdout,
)
from federation.cli.report import print_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from federation.access import AccessRequest, Asker
    from federation.access.reasons import Text
    from federation.gateway.engines.authoring.what_if import Explanation, WhatIf

COLOURS = {"allow": "green", "mask": "yellow", "deny": "red"}


class Use(StrEnum):
    """Uses of a field."""

    SELECT = "select"
    FILTER = "filter"
    SORT = "sort"
    JOIN = "join"


@with_groups
def explain(
    coordinates: CoordinatesArgument,
    *,
    caller: CallerOption,
    purpose: PurposeOption = None,
    consent: ConsentOption = None,
    operation: OperationOption = None,
    use: Annotated[list[Use] | None, typer.Option("--use", help="Repeatable [select].")] = None,
    feeds: Annotated[
        list[str] | None,
        typer.Option("--feeds", metavar="COORDINATE", help="What is computed from it (join)."),
    ] = None,
    language: LanguageOption = Language.BOTH,
    given: ReleaseOptions,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Say for each field and use: effect, rule, reasons, the facts read, what would change it."""
    asker, facts = read_asker(caller, purpose, consent)
    settings = given.settings()
    fed = tuple(feeds or ())
    uses = tuple(use or ([Use.JOIN] if fed else [Use.SELECT]))
    question = FieldQuestion(asker, facts, tuple(coordinates), uses, fed, operation)
    request, what_if, found = explain_fields(settings, question)
    if format is Format.JSON:
        print_json(_to_json(request, what_if, found))
    else:
        _print_asker(request.asker, what_if, language)
        for each in found:
            _print(each, what_if, language)


def _print_asker(asker: Asker, what_if: WhatIf, language: Language) -> None:
    from federation.access.reasons import Text  # noqa: PLC0415

    caller, facts = asker.caller, what_if.facts
    terms = facts.purposes.get(asker.purpose or "", {})
    state = Text("not known", "未知")
    if asker.purpose is None:
        state = Text("not stated", "未说明")
    elif "title" in terms:
        state = Text(terms["title"], terms["title"])
    kind = {"person": "个人", "application": "应用"}.get(caller.kind, caller.kind)
    who = Text(
        f"{caller.id} ({caller.kind}) of {caller.department or 'no department'}",
        f"{caller.id}（{kind}），部门：{caller.department or '无'}",
    )
    code = asker.purpose or "-"
    purpose = Text(f"{code}: {state.english}", f"{code}: {state.chinese}")
    rows = {
        label(Text("caller", "调用方"), language): lines(who, language),
        label(Text("clearance", "许可级别"), language): str(caller.clearance),
        label(Text("purpose", "用途"), language): lines(purpose, language),
    }
    if caller.region:
        rows[label(Text("region", "区划"), language)] = caller.region
    if caller.roles or caller.scopes:
        held = ", ".join(sorted(caller.roles | caller.scopes))
        rows[label(Text("roles, scopes", "角色、权限范围"), language)] = held
    for consent in asker.consents:
        given = Text(
            f"of {consent.subject} for {consent.purpose}",
            f"由 {consent.subject} 给出，用途 {consent.purpose}",
        )
        rows[label(Text("consent", "同意"), language)] = lines(given, language)
    _print_rows(rows)


def _print(each: Explanation, what_if: WhatIf, language: Language) -> None:
    from federation.access.reasons import Text, word_reason  # noqa: PLC0415

    verdict = each.verdict
    colour = COLOURS[verdict.effect.value]
    effect = f"{verdict.effect.value} {verdict.mask or ''}".strip()
    rule = label(Text("rule", "规则"), language, verdict.rule)
    stdout().print(
        f"\n[bold]{plain(each.coordinate)}[/bold] {each.use}: [{colour}]{effect}[/{colour}]"
        f"  [dim]{plain(rule)}[/dim]"
    )
    because = Text("because", "原因")
    rows = {
        label(because, language, name): lines(word_reason(name), language)
        for name in verdict.reasons
    }
    for words, name, text in _facts(each, what_if):
        rows[label(words, language, name)] = lines(text, language)
    if each.row_filter is not None:
        rows[label(Text("rows", "数据行"), language)] = _condition(each.row_filter)
    if verdict.valid_until is not None:
        rows[label(Text("holds until", "有效至"), language)] = _time(verdict.valid_until)
    _print_rows(rows)
    if verdict.effect.value == "deny" and not each.ways:
        nothing = Text(
            "Nothing that a caller or a grant could change opens it.",
            "调用方和授权都无法将其开放。",
        )
        stdout().print(f"  {' '.join(chosen(nothing, language))}", soft_wrap=True)
    for number, way in enumerate(each.ways):
        head = Text("or", "或") if number else Text("To open it", "开放方式")
        stdout().print(f"  [bold]{label(head, language)}[/bold]")
        for remedy in way:
            first, *rest = chosen(remedy.text, language)
            stdout().print(f"    • {plain(first)}", soft_wrap=True)
            for line in rest:
                stdout().print(f"      {plain(line)}", soft_wrap=True)


def _facts(each: Explanation, what_if: WhatIf) -> Iterator[tuple[Text, str, Text]]:
    """What a field is judged by: a label, a name behind it, what is said."""
    from federation.access.reasons import Text  # noqa: PLC0415

    catalogue = Text("catalogue", "数据目录")
    fact = each.fact
    if not fact:
        unknown = Text("no such field of an object type", "没有这样的对象类型字段")
        if "(" in each.coordinate:
            unknown = Text(
                "no argument that is asked by its own name; datong access why says what it tests",
                "该参数不以自身名称判定；它检验哪些字段见 datong access why",
            )
        yield catalogue, "", unknown
        near = ", ".join(get_close_matches(each.coordinate, what_if.facts.fields))
        if near:
            yield Text("there are", "相近的有"), "", Text(near, near)
        return
    owners = what_if.facts.owner_names(each.coordinate)
    grade = Text("not graded", "未分级")
    if "level" in fact:
        level, sharing = fact["level"], fact["sharing"]
        grade = Text(f"level {level}, {sharing}", f"{level} 级，{sharing}")
    yield (
        catalogue,
        "",
        Text(f"{grade.english}; of {owners}", f"{grade.chinese}；属于 {owners}"),
    )
    if "demands" in fact:
        demands = str(fact["demands"])
        yield Text("schema demands", "模式要求"), "", Text(demands, demands)
    if "agreed" in fact:
        agreed = ", ".join(sorted(fact["agreed"]))
        yield Text("agreed inputs", "已同意的输入"), "", Text(agreed, agreed)
    for name, (grant, lacking) in each.grants.items():
        yield Text("grant", "授权"), name, _terms(grant, lacking)


def _terms(grant: Mapping[str, Any], lacking: tuple[Text, ...]) -> Text:
    """What a grant says, and why it does not count."""
    from federation.access.reasons import Text  # noqa: PLC0415

    uses, purposes = (" ".join(sorted(grant.get(key, ()))) for key in ("uses", "purposes"))
    until = _time(grant.get("expires", 0))
    words = [
        Text(uses, uses),
        Text(f"for {purposes}", f"用途 {purposes}"),
    ]
    if "starts" in grant:
        start = _time(grant["starts"])
        words.append(Text(f"from {start}", f"生效于 {start}"))
    words.append(Text(f"until {until}", f"有效至 {until}"))
    if "roles" in grant:
        roles = " ".join(sorted(grant["roles"]))
        words.append(Text(f"roles {roles}", f"限角色 {roles}"))
    words += [
        Text(f"{english} {grant[english]}", f"{chinese} {grant[english]}")
        for english, chinese in (("level", "级别"), ("mask", "脱敏"), ("scenario", "使用场景"))
        if english in grant
    ]
    words += [
        Text(english, chinese)
        for english, chinese in (("consent", "须经同意"), ("region", "限本区划"))
        if grant.get(english)
    ]
    english, chinese = ", ".join(w.english for w in words), "，".join(w.chinese for w in words)
    if lacking:
        english += f"  (does not count: {', '.join(each.english for each in lacking)})"
        chinese += f"（不适用：{'、'.join(each.chinese for each in lacking)}）"
    return Text(english, chinese)


def _condition(condition: Mapping[str, Any]) -> str:
    for word in ("and", "or"):
        if word in condition:
            return f" {word} ".join(f"({_condition(part)})" for part in condition[word])
    if "not" in condition:
        return f"not ({_condition(condition['not'])})"
    return f"{condition['field']} {condition['op']} {condition.get('value')}"


def _time(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(seconds))


def _print_rows(rows: Mapping[str, str]) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    table.add_column(style="dim", no_wrap=True)
    # Chinese has no spaces to break lines at.
    table.add_column(overflow="fold")
    for name, text in rows.items():
        table.add_row(plain(name), plain(text))
    stdout().print(table)


def _to_json(
    request: AccessRequest, what_if: WhatIf, found: tuple[Explanation, ...]
) -> dict[str, Any]:
    question = request.to_json()
    return {
        "caller": question["caller"],
        "purpose": {
            "code": request.asker.purpose,
            "terms": what_if.facts.purposes.get(request.asker.purpose or ""),
        },
        "consents": question["consents"],
        "fields": [
            {
                "coordinate": each.coordinate,
                "use": each.use,
                "effect": each.verdict.effect.value,
                "mask": each.verdict.mask,
                "rule": each.verdict.rule,
                "reasons": reasons_to_json(each.verdict.reasons),
                "valid_until": each.verdict.valid_until,
                "row_filter": each.row_filter,
                "catalogue": each.fact,
                "grants": {
                    name: {"terms": grant, "lacking": [lack.english for lack in lacking]}
                    for name, (grant, lacking) in each.grants.items()
                },
                "ways": [[remedy.to_json() for remedy in way] for way in each.ways],
            }
            for each in found
        ],
    }
