"""Progressive overrides have to leave everything answerable, whichever labels are switched on."""

from federation.composition import compose
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph import load_subgraph
from tests.support.planned import LINK

OLD = 'type Query { products: [Product] } type Product @key(fields: "id") { id: ID! price: Int }'


def faults(*bodies: str) -> tuple[Diagnostic, ...]:
    names = ("old", "new", "newer")
    return compose(
        load_subgraph(name, f"http://{name}.example", LINK + body)
        for name, body in zip(names, bodies, strict=False)
    ).errors


def test_a_label_that_moves_a_field_out_of_reach_cannot_be_published() -> None:
    new = """
        type Product @key(fields: "sku") {
            sku: ID! @shareable
            price: Int @override(from: "old", label: "later")
        }
    """
    sku = 'type Product @key(fields: "sku") @key(fields: "id") { id: ID! sku: ID! @shareable }'

    assert faults(OLD, new, sku) == ()
    (found,) = [
        each for each in faults(OLD, new) if each.coordinate == Coordinate("Product", "price")
    ]
    assert found.code == "SATISFIABILITY_ERROR"
    assert "later switched on" in found.message
