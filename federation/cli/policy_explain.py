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
from federation.cli.languages import Language, LanguageOption, chosen, reasons_to_json
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
        _print_asker(request.asker, what_if)
        for each in found:
            _print(each, what_if, language)


def _print_asker(asker: Asker, what_if: WhatIf) -> None:
    caller, facts = asker.caller, what_if.facts
    terms = facts.purposes.get(asker.purpose or "", {})
    state = "not stated" if asker.purpose is None else terms.get("title", "not known")
    rows = {
        "caller": f"{caller.id} ({caller.kind}) of {caller.department or 'no department'}",
        "clearance": str(caller.clearance),
        "purpose": f"{asker.purpose or '-'}: {state}",
    }
    if caller.region:
        rows["region"] = caller.region
    if caller.roles or caller.scopes:
        rows["roles, scopes"] = ", ".join(sorted(caller.roles | caller.scopes))
    for consent in asker.consents:
        rows["consent"] = f"of {consent.subject} for {consent.purpose}"
    _print_rows(rows)


def _print(each: Explanation, what_if: WhatIf, language: Language) -> None:
    from federation.access.reasons import Text, word_reason  # noqa: PLC0415

    verdict = each.verdict
    colour = COLOURS[verdict.effect.value]
    effect = f"{verdict.effect.value} {verdict.mask or ''}".strip()
    stdout().print(
        f"\n[bold]{plain(each.coordinate)}[/bold] {each.use}: [{colour}]{effect}[/{colour}]"
        f"  [dim]rule {plain(verdict.rule)}[/dim]"
    )
    rows = {
        f"because {name}": "\n".join(chosen(word_reason(name), language))
        for name in verdict.reasons
    }
    rows |= dict(_fact_rows(each, what_if))
    if each.row_filter is not None:
        rows["rows"] = _condition(each.row_filter)
    if verdict.valid_until is not None:
        rows["holds until"] = _time(verdict.valid_until)
    _print_rows(rows)
    if verdict.effect.value == "deny" and not each.ways:
        nothing = Text(
            "Nothing that a caller or a grant could change opens it.",
            "调用方和授权都无法将其开放。",
        )
        stdout().print(f"  {' '.join(chosen(nothing, language))}", soft_wrap=True)
    for number, way in enumerate(each.ways):
        stdout().print("  [bold]To open it[/bold]" if not number else "  [bold]or[/bold]")
        for remedy in way:
            first, *rest = chosen(remedy.text, language)
            stdout().print(f"    • {plain(first)}", soft_wrap=True)
            for line in rest:
                stdout().print(f"      {plain(line)}", soft_wrap=True)


def _fact_rows(each: Explanation, what_if: WhatIf) -> Iterator[tuple[str, str]]:
    fact = each.fact
    if not fact:
        yield "catalogue", "no such field of an object type"
        near = get_close_matches(each.coordinate, what_if.facts.fields)
        if near:
            yield "there are", ", ".join(near)
        return
    grade = f"level {fact['level']}, {fact['sharing']}" if "level" in fact else "not graded"
    yield "catalogue", f"{grade}; of {what_if.facts.owner_names(each.coordinate)}"
    if "demands" in fact:
        yield "schema demands", str(fact["demands"])
    if "agreed" in fact:
        yield "agreed inputs", ", ".join(sorted(fact["agreed"]))
    for name, (grant, lacking) in each.grants.items():
        words = [
            " ".join(sorted(grant.get("uses", ()))),
            f"for {' '.join(sorted(grant.get('purposes', ())))}",
            f"until {_time(grant.get('expires', 0))}",
            *(f"{key} {grant[key]}" for key in ("level", "mask") if key in grant),
            *(key for key in ("consent", "region") if grant.get(key)),
        ]
        state = f"  (does not count: {', '.join(lacking)})" if lacking else ""
        yield f"grant {name}", ", ".join(words) + state


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
    table.add_column()
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
                    name: {"terms": grant, "lacking": list(lacking)}
                    for name, (grant, lacking) in each.grants.items()
                },
                "ways": [[remedy.to_json() for remedy in way] for way in each.ways],
            }
            for each in found
        ],
    }
