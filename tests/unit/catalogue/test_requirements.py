"""What fields are computed from, and who answers them, in shapes that few schemas have."""

from federation.catalogue import build_catalogue, concrete_types, direct_requirements, resolvers
from federation.supergraph.model import (
    AppliedDirective,
    FieldDefinition,
    Graph,
    InterfaceType,
    JoinField,
    JoinType,
    ObjectType,
    Supergraph,
    UnionType,
)

CONTEXT = '[{context: "a__shop", name: "tax", type: "Int", selection: "{ taxRate }"}]'


def field(name: str, type_text: str, *joins: JoinField, level: int = 1) -> FieldDefinition:
    graded = AppliedDirective("classified", (("level", str(level)),))
    return FieldDefinition(name, type_text, directives=(graded,), joins=joins)


def graph() -> Supergraph:
    media = InterfaceType(
        "Media",
        {
            "id": field("id", "ID!"),
            "parts": field("parts", "[Part!]!"),
            "rating": field(
                "rating", "Int", JoinField("b", requires="parts { ... on Page { size } }"), level=3
            ),
        },
        joins=(JoinType("a", "id"), JoinType("b", "id", is_interface_object=True)),
    )
    book = ObjectType(
        "Book",
        {
            "id": field("id", "ID!"),
            "parts": field("parts", "[Part!]!"),
            "rating": field("rating", "Int", JoinField()),
            "price": field("price", "Int", JoinField("a", context_arguments=CONTEXT)),
        },
        interfaces=("Media",),
        joins=(JoinType("a", "id"),),
    )
    shop = ObjectType(
        "Shop",
        {"taxRate": field("taxRate", "Int", level=4)},
        directives=(AppliedDirective("context", (("name", '"a__shop"'),)),),
        joins=(JoinType("a"),),
    )
    page = ObjectType("Page", {"size": field("size", "Int")}, joins=(JoinType("a"),))
    cover = ObjectType("Cover", {"size": field("size", "Int")}, joins=(JoinType("a"),))
    part = UnionType("Part", (("a", "Page"), ("a", "Cover")))
    types = {each.name: each for each in (book, cover, media, page, part, shop)}
    return Supergraph((Graph("a", "", "A"), Graph("b", "", "B")), types, {"query": "Query"})


def test_abstract_types_become_their_object_types() -> None:
    concrete = concrete_types(graph())
    assert concrete["Media"] == ("Book",)
    assert concrete["Part"] == ("Cover", "Page")


def test_requirements_of_an_interface_object_hold_for_every_implementer() -> None:
    assert direct_requirements(graph())["Book", "rating"] == {("Book", "parts"), ("Page", "size")}


def test_values_from_context_are_requirements() -> None:
    assert direct_requirements(graph())["Book", "price"] == {("Shop", "taxRate")}


def test_field_of_an_interface_object_is_answered_by_its_subgraph() -> None:
    supergraph = graph()
    book = supergraph.types["Book"]
    assert isinstance(book, ObjectType)
    assert resolvers(supergraph, book, book.fields["rating"]) == ("b",)
    assert resolvers(supergraph, book, book.fields["id"]) == ("a",)


def test_field_is_held_as_closely_as_the_interface_field_it_implements() -> None:
    item = build_catalogue(graph()).item("Book", "rating")
    assert item is not None
    assert item.grade.level == 3
