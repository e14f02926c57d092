"""Large documents, parsed so that they can be let go of without the garbage collector."""

from __future__ import annotations

from graphql import DocumentNode, Lexer, Source, Token, TypeNode
from graphql.language import ListTypeNode, NonNullTypeNode
from graphql.language.parser import Parser


def parse_large(text: str) -> DocumentNode:
    """The document of a text, without locations.

    Its tokens, which refer to each other in both directions, would stay in the memory of a gateway
    that keeps the collector from looking; they are the most of what reading a schema leaves behind.

    Raises:
        GraphQLSyntaxError: The text is no document.
    """
    lexer = Lexer(Source(text))
    token: Token | None = lexer.token
    document = Parser(text, no_location=True, lexer=lexer).parse_document()
    while token is not None:
        following = token.next
        token.prev = token.next = None
        token = following
    return document


def type_text(node: TypeNode) -> str:
    """A type reference as it is written; graphql-core's printer leaves cycles behind as well."""
    if isinstance(node, NonNullTypeNode):
        return f"{type_text(node.type)}!"
    if isinstance(node, ListTypeNode):
        return f"[{type_text(node.type)}]"
    return str(node.name.value)  # type: ignore[attr-defined]
