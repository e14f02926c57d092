"""Sentences in the languages that somebody wants to read."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from federation.access.reasons import Text


class Language(StrEnum):
    """Of the sentences."""

    ENGLISH = "en"
    CHINESE = "zh"
    BOTH = "both"


LanguageOption = Annotated[Language, typer.Option(help="Of the sentences.")]


def chosen(text: Text, language: Language) -> list[str]:
    """The text in one language, or in both."""
    return {
        Language.ENGLISH: [text.english],
        Language.CHINESE: [text.chinese],
        Language.BOTH: [text.english, text.chinese],
    }[language]


def label(text: Text, language: Language, name: str = "") -> str:
    """A word or two in one line, with a name behind that has no language."""
    words = " · ".join(dict.fromkeys(chosen(text, language)))
    return f"{words} {name}".rstrip()


def lines(text: Text, language: Language) -> str:
    """The text, a line for each language; one where both say the same."""
    return "\n".join(dict.fromkeys(chosen(text, language)))


def reasons_to_json(codes: Iterable[str]) -> list[dict[str, Any]]:
    """Reason codes with what they mean, in both languages."""
    from federation.access.reasons import word_reason  # noqa: PLC0415

    return [{"code": code, "text": word_reason(code).to_json()} for code in codes]
