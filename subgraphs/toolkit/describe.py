"""Bilingual descriptions: English first, then Chinese, as one GraphQL description."""


def text(english: str, chinese: str) -> str:
    """The description in both languages, one paragraph each."""
    return f"{english}\n\n{chinese}"
