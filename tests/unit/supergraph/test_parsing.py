"""What reading a schema leaves behind."""

import gc

import pytest
from graphql import GraphQLSyntaxError, Token, parse, parse_type, print_ast

from federation.supergraph.parsing import parse_large, type_text


def test_tokens_of_a_document_are_freed_without_the_garbage_collector() -> None:
    text = 'type Query { "described" a(of: [Int!]! = [1]): String @deprecated }'
    # Kept, so that none of the new ones gets their identity.
    others = [each for each in gc.get_objects() if isinstance(each, Token)]
    known = {id(each) for each in others}
    gc.disable()
    try:
        document = parse_large(text)
        left = [
            each for each in gc.get_objects() if isinstance(each, Token) and id(each) not in known
        ]
    finally:
        gc.enable()

    assert not left
    assert document == parse(text, no_location=True)


def test_text_that_is_no_document_is_told_with_its_place() -> None:
    with pytest.raises(GraphQLSyntaxError) as caught:
        parse_large("type Query {\n a: }")

    assert caught.value.locations is not None
    assert caught.value.locations[0].line == 2


@pytest.mark.parametrize("text", ["Int", "Int!", "[Int]", "[[Int!]]!"])
def test_types_are_written_as_they_are_read(text: str) -> None:
    assert type_text(parse_type(text)) == text == print_ast(parse_type(text))
