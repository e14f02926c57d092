"""The order of response keys: that of the selection, for objects of every type."""

from tests.support.planned import composed, planned


def test_joining_outputs_of_several_types_does_not_overtake_a_field() -> None:
    supergraph = composed(
        {
            "a": """
                type Query { things: [Thing!]! }
                interface Thing { id: ID! }
                type Book implements Thing @key(fields: "id") { id: ID!  pages: Int }
                type Film implements Thing @key(fields: "id") { id: ID! }
            """
        }
    )

    plan = planned(
        supergraph, "{ things { ... on Book { y: id pages } x: id ... on Thing { y: id } } }"
    )

    fields = plan.output[0].fields
    keys = {
        name: list(dict.fromkeys(f.key for f in fields if f.types is None or name in f.types))
        for name in ("Book", "Film")
    }
    assert keys == {"Book": ["y", "pages", "x"], "Film": ["x", "y"]}
