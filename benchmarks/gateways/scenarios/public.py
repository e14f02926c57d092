"""The public benchmark of federation gateways: users, products, their stock and their reviews.

Six users, nine products and eleven reviews; the query goes round between them until its answer has
87 kB. Each review has its texts' true length, of which only the length matters here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.gateways.scenarios.scenario import Row, Scenario

PUBLIC_QUERY = """\
fragment User on User { id username name }
fragment Review on Review { id body }
fragment Product on Product { inStock name price shippingEstimate upc weight }
query TestQuery {
  users {
    ...User
    reviews { ...Review product { ...Product reviews { ...Review author {
      ...User reviews { ...Review product { ...Product } } } } } }
  }
  topProducts {
    ...Product
    reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } }
  }
}
"""

_SDL = {
    "accounts": """
      type Query { me: User  user(id: ID!): User  users: [User] }
      type User @key(fields: "id") {
        id: ID!  name: String  username: String @shareable  birthday: Int
      }
    """,
    "inventory": """
      type Product @key(fields: "upc") {
        upc: String!  weight: Int @external  price: Int @external  inStock: Boolean
        shippingEstimate: Int @requires(fields: "price weight")
      }
    """,
    "products": """
      type Query { topProducts(first: Int = 5): [Product] }
      type Product @key(fields: "upc") { upc: String!  name: String  price: Int  weight: Int }
    """,
    "reviews": """
      type Review @key(fields: "id") {
        id: ID!  body: String  author: User @provides(fields: "username")  product: Product
      }
      type User @key(fields: "id") { id: ID!  username: String @external  reviews: [Review] }
      type Product @key(fields: "upc") { upc: String!  reviews: [Review] }
    """,
}

_USERS = tuple(
    {"id": str(at), "name": name, "username": user, "birthday": 1234567890}
    for at, (name, user) in enumerate(
        (
            ("Adam Lindqvist", "adali"),
            ("Bo Marchand", "bomarchand"),
            ("Chen Weiguang", "chenweiguang"),
            ("Dora Papadakis", "dorapap"),
            ("Emil Nordin", "emilnordin"),
            ("Fatima Raahl", "frahl1"),
        ),
        1,
    )
)
_PRODUCTS = tuple(
    {"upc": str(at), "name": name, "price": price, "weight": weight, "inStock": in_stock}
    for at, (name, price, weight, in_stock) in enumerate(
        (
            ("Table", 899, 100, True),
            ("Couch", 1299, 1000, False),
            ("Glass", 15, 20, False),
            ("Chair", 499, 100, False),
            ("TV", 1299, 1000, True),
            ("Lamp", 6999, 300, True),
            ("Grill", 3999, 2000, True),
            ("Fridge", 100000, 6000, False),
            ("Sofa", 9999, 800, True),
        ),
        1,
    )
)
# Characters of each review, and the product that it is about.
_REVIEWS = (
    (445, "1"), (289, "1"), (275, "1"), (143, "1"), (445, "2"), (289, "2"), (275, "2"), (143, "2"),
    (143, "3"), (143, "4"), (844, "4"),
)  # fmt: skip
_FILLER = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. " * 20


def _review(at: int) -> Row:
    length, upc = _REVIEWS[at]
    return {
        "__typename": "Review",
        "id": str(at + 1),
        "body": _FILLER[:length],
        "product": lambda _: _reviewed_product(upc),
        "author": lambda _: _reviewing_user("1", _USERS[0]["username"]),
    }


def _reviewed_product(upc: str) -> Row:
    def reviews(_: Any) -> list[Row]:
        return [_review(at) for at, (_, about) in enumerate(_REVIEWS) if about == upc]

    return {"__typename": "Product", "upc": upc, "reviews": reviews}


def _reviewing_user(key: str, username: Any) -> Row:
    def reviews(_: Any) -> list[Row]:
        return [_review(0), _review(1)]

    return {"__typename": "User", "id": key, "username": username, "reviews": reviews}


def _stock(sent: Row) -> Row:
    price, weight = sent.get("price"), sent.get("weight")
    estimate = None
    if price is not None and weight is not None:
        estimate = 0 if price > 1000 else weight // 2
    product = _PRODUCTS[int(sent["upc"]) - 1]
    return {**product, "__typename": "Product", "shippingEstimate": estimate}


def _entity(subgraph: str, sent: Row) -> Row:
    kind = sent["__typename"]
    if subgraph == "accounts":
        return {**_USERS[int(sent["id"]) - 1], "__typename": kind}
    if subgraph == "inventory":
        return _stock(sent)
    if subgraph == "products":
        return {**_PRODUCTS[int(sent["upc"]) - 1], "__typename": kind}
    if kind == "User":
        return _reviewing_user(sent["id"], None)
    return _reviewed_product(sent["upc"]) if kind == "Product" else _review(int(sent["id"]) - 1)


PUBLIC = Scenario(
    name="public",
    sdl=_SDL,
    entity=_entity,
    roots={
        "accounts": {
            "me": lambda _: _USERS[0],
            "user": lambda _, id: next((u for u in _USERS if u["id"] == id), None),  # noqa: A006
            "users": lambda _: _USERS,
        },
        "products": {"topProducts": lambda _, first: _PRODUCTS[:first]},
    },
)

_GOVERNANCE = (
    'extend schema @link(url: "https://specs.datong.dev/governance/v1.0", '
    'import: ["@classified", "@sharing"])\n'
)
_SHARED = " @classified(level: 1) @sharing(class: UNCONDITIONAL)"


def governed() -> Scenario:
    """The same graph with a grade and a sharing class on each type, for policies to decide on."""
    return replace(
        PUBLIC,
        name="governed",
        header=PUBLIC.header + _GOVERNANCE,
        sdl={
            name: "\n".join(_graded(line) for line in text.splitlines())
            for name, text in PUBLIC.sdl.items()
        },
    )


def _graded(line: str) -> str:
    before, brace, after = line.partition(" {")
    return before + _SHARED + brace + after if line.strip().startswith("type ") else line
