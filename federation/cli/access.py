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
from federation.cli.languages import Language, LanguageOption, chosen, label, reasons_to_json
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
    from collections.abc import Iterable

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
    """Say what a caller lacks to read a field, a sentence for each thing; status 1 if anything.

    Of an argument, written Type.field(argument:), it says what is lacking to give it to its field;
    of Input.field and Enum.VALUE, to write them in an argument.
    """
    asker, facts = read_asker(caller, purpose, consent)
    settings = given.settings()
    question = FieldQuestion(asker, facts, tuple(coordinates), operation=operation)
    _, _, found = explain_fields(settings, question, as_read=True)
    smallest = settings.access.smallest_count
    answers = [_answer(each, smallest) for each in found]
    if format is Format.JSON:
        print_json({"caller": asker.caller.id, "purpose": purpose, "fields": answers})
    else:
        for each in found:
            _print(each, smallest, language)
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
    field = each.coordinate.partition("(")[0]
    it, chinese_it = ("Its field", "其所属字段") if each.given else ("It", "它")
    if use == "join":
        return Text(f"{it} is computed from {cause}.", f"{chinese_it}由 {cause} 计算得出。")
    if use in ("filter", "sort") and each.given:
        return _tests([each.cause])[0]
    if use in ("filter", "sort"):
        return Text(
            f"Asking it tests {cause}, by an argument that it must have or by a default.",
            f"查询它会检验 {cause}（由必填参数或默认值）。",
        )
    if cause == field:
        return Text(
            f"It is an argument of {field}, which may not be read.",
            f"它是 {field} 的参数，而该字段不可读取。",
        )
    return Text(
        f"{it} tells of rows of {cause.partition('.')[0]}, of which nothing may be read;"
        f" a right to one of their fields is enough, such as {cause}.",
        f"{chinese_it}会透露 {cause.partition('.')[0]} 的数据行，而其内容完全不可读；"
        f"只需获得其任一字段的权限，例如 {cause}。",
    )


def _tests(uses: Iterable[tuple[str, str]]) -> list[Text]:
    """What an argument does with the fields that it tests."""
    from federation.access.reasons import Text  # noqa: PLC0415

    by_use: dict[str, list[str]] = {}
    by_name = []
    for coordinate, use in uses:
        if "(" in coordinate:
            by_name.append(coordinate)
        else:
            by_use.setdefault(use, []).append(coordinate)
    words = {"filter": ("filters", "筛选"), "sort": ("orders", "排序")}
    return [
        Text(
            f"It {words[use][0]} by {', '.join(names)}.",
            f"它按 {'、'.join(names)} {words[use][1]}。",
        )
        for use, names in sorted(by_use.items())
    ] + [
        Text(
            "Its department has not said what it tests, so that the right to give"
            f" {name} is asked for.",
            f"所属部门未说明它检验哪些字段，因此需具备给出 {name} 的权限。",
        )
        for name in by_name
    ]


def _has_minimum(each: Explanation, smallest_count: int) -> bool:
    return each.is_small_count and smallest_count > 1


def _notes(each: Explanation, smallest_count: int) -> list[Text]:
    """What else is true of what may be read, or given."""
    from federation.access.reasons import Text  # noqa: PLC0415

    if each.verdict.effect.value == "deny":
        return []
    if each.given is None:
        if not _has_minimum(each, smallest_count):
            return []
        return [
            Text(
                f"Counts below {smallest_count} are null (count_too_small): nothing may be read of"
                " the rows that it counts.",
                f"计数低于 {smallest_count} 时为 null（count_too_small）："
                "被计数的数据行内容不可读。",
            )
        ]
    notes = _tests(each.given.tests)
    if not each.given.tests:
        notes.append(Text("By itself it tests no field.", "它本身不检验任何字段。"))
    if each.given.is_told_inside:
        notes.append(
            Text(
                "What is written in its value is decided on by the fields that it tests.",
                "其值中所写的内容，按其所检验的字段另行判定。",
            )
        )
    return notes


def _answer(each: Explanation, smallest_count: int) -> dict[str, Any]:
    tests = each.given.tests if each.given else ()
    return {
        "coordinate": each.coordinate,
        "effect": each.verdict.effect.value,
        "mask": each.verdict.mask,
        "reasons": reasons_to_json(each.verdict.reasons),
        **({"tests": [{"coordinate": c, "use": use} for c, use in tests]} if each.given else {}),
        **({"smallest_count": smallest_count} if _has_minimum(each, smallest_count) else {}),
        **_cause_to_json(each),
        "notes": [text.to_json() for text in _notes(each, smallest_count)],
        "missing": [[text.to_json() for text in way] for way in _missing(each)],
    }


def _cause_to_json(each: Explanation) -> dict[str, Any]:
    text = _cause(each)
    if each.cause is None or text is None:
        return {}
    coordinate, use = each.cause
    return {"cause": {"coordinate": coordinate, "use": use, "text": text.to_json()}}


def _print(each: Explanation, smallest_count: int, language: Language) -> None:
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
    if each.given:
        heads["allow"] = ("green", Text("may be given.", "可以给出。"))
        heads["deny"] = ("red", Text("may not be given. Missing:", "不可给出。尚缺："))
    colour, head = heads[each.verdict.effect.value]
    name = f"[bold]{plain(each.coordinate)}[/bold]"
    line = " ".join(chosen(head, language))
    stdout().print(f"{name} [{colour}]{line}[/{colour}]", soft_wrap=True)
    cause = _cause(each)
    for text in [*([cause] if cause else []), *_notes(each, smallest_count)]:
        for line in chosen(text, language):
            stdout().print(f"  {plain(line)}", soft_wrap=True)
    for number, way in enumerate(_missing(each)):
        if number:
            stdout().print(f"  {label(Text('or', '或'), language)}", soft_wrap=True)
        for text in way:
            first, *rest = chosen(text, language)
            stdout().print(f"  - {plain(first)}", soft_wrap=True)
            for line in rest:
                stdout().print(f"    {plain(line)}", soft_wrap=True)
