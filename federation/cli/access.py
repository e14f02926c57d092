"""`datong access`: what an app developer may have, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

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
    from federation.access.reasons import Text
    from federation.gateway.engines.authoring.what_if import Explanation

app = typer.Typer(help="What a caller may have.", no_args_is_help=True)


@app.callback()
def _root() -> None:
    pass


@app.command()
@with_groups
def why(
    coordinates: CoordinatesArgument,
    *,
    caller: CallerOption,
    purpose: PurposeOption = None,
    consent: ConsentOption = None,
    operation: OperationOption = None,
    language: LanguageOption = Language.BOTH,
    given: ReleaseOptions,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Say what a caller lacks to read a field, a sentence for each thing; status 1 if anything."""
    asker, facts = read_asker(caller, purpose, consent)
    settings = given.settings()
    question = FieldQuestion(asker, facts, tuple(coordinates), operation=operation)
    _, _, found = explain_fields(settings, question, as_read=True)
    answers = [_answer(each) for each in found]
    if format is Format.JSON:
        print_json({"caller": asker.caller.id, "purpose": purpose, "fields": answers})
    else:
        for each in found:
            _print(each, language)
    if any(answer["effect"] == "deny" for answer in answers):
        raise typer.Exit(1)


def _missing(each: Explanation) -> list[list[Text]]:
    """Sentences, in sets of which one is enough; why nothing helps, where nothing does."""
    from federation.access.reasons import Text, word_reason  # noqa: PLC0415

    if each.verdict.effect.value != "deny":
        return []
    if each.ways:
        return [[remedy.text for remedy in way] for way in each.ways]
    words = [word_reason(reason) for reason in each.verdict.reasons]
    return [
        [
            Text(
                f"No request and no grant can open {each.coordinate}: {word.english}.",
                f"{each.coordinate} 无法通过申请或授权开放：{word.chinese}。",
            )
            for word in words
        ]
    ]


def _cause(each: Explanation) -> Text | None:
    """What is denied, where that is something else than the field."""
    from federation.access.reasons import Text  # noqa: PLC0415

    if each.cause is None:
        return None
    cause, use = each.cause
    if use == "join":
        return Text(f"It is computed from {cause}.", f"它由 {cause} 计算得出。")
    if use in ("filter", "sort"):
        return Text(
            f"It cannot be asked without an argument that tests {cause}.",
            f"查询它必须给出一个会检验 {cause} 的参数。",
        )
    return Text(
        f"It tells of rows of {cause.partition('.')[0]}, of which nothing may be read;"
        f" a right to one of their fields is enough, such as {cause}.",
        f"它会透露 {cause.partition('.')[0]} 的数据行，而其内容完全不可读；"
        f"只需获得其任一字段的权限，例如 {cause}。",
    )


def _answer(each: Explanation) -> dict[str, Any]:
    return {
        "coordinate": each.coordinate,
        "effect": each.verdict.effect.value,
        "mask": each.verdict.mask,
        "reasons": reasons_to_json(each.verdict.reasons),
        **_cause_to_json(each),
        "missing": [[text.to_json() for text in way] for way in _missing(each)],
    }


def _cause_to_json(each: Explanation) -> dict[str, Any]:
    text = _cause(each)
    if each.cause is None or text is None:
        return {}
    coordinate, use = each.cause
    return {"cause": {"coordinate": coordinate, "use": use, "text": text.to_json()}}


def _print(each: Explanation, language: Language) -> None:
    from federation.access.reasons import Text  # noqa: PLC0415

    heads = {
        "allow": ("green", Text("may be read.", "可以读取。")),
        "mask": (
            "yellow",
            Text(
                f"may be read, masked by {each.verdict.mask}.",
                f"可以读取，按 {each.verdict.mask} 脱敏。",
            ),
        ),
        "deny": ("red", Text("may not be read. Missing:", "不可读取。尚缺：")),
    }
    colour, head = heads[each.verdict.effect.value]
    name = f"[bold]{plain(each.coordinate)}[/bold]"
    line = " ".join(chosen(head, language))
    stdout().print(f"{name} [{colour}]{line}[/{colour}]", soft_wrap=True)
    cause = _cause(each)
    for line in chosen(cause, language) if cause else ():
        stdout().print(f"  {plain(line)}", soft_wrap=True)
    for number, way in enumerate(_missing(each)):
        if number:
            stdout().print("  or · 或", soft_wrap=True)
        for text in way:
            first, *rest = chosen(text, language)
            stdout().print(f"  - {plain(first)}", soft_wrap=True)
            for line in rest:
                stdout().print(f"    {plain(line)}", soft_wrap=True)
