"""Federation's own access directives become facts for the policies, wherever they are applied."""

import pytest

from federation.catalogue import build_catalogue
from federation.composition import compose
from federation.subgraph import load_subgraph

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key",
  "@authenticated", { name: "@requiresScopes", as: "@scopes" }, "@policy"])
type Query { me: User @authenticated, open: Int, mark: Mark, node: Node }
type User @key(fields: "id") @scopes(scopes: [["user", "read"], ["admin"]]) {
  id: ID!
  mail: String @policy(policies: [["own"]]) @scopes(scopes: [["mail"]])
}
scalar Mark @authenticated
interface Node { id: ID! }
type Leaf implements Node @key(fields: "id") { id: ID!, mark: Mark }
"""


@pytest.mark.parametrize(
    ("coordinate", "demands"),
    [
        ("Query.me", {"authenticated": True, "scopes": [[["admin"], ["read", "user"]]]}),
        ("Query.open", None),
        ("Query.mark", {"authenticated": True}),
        ("User.id", {"scopes": [[["admin"], ["read", "user"]]]}),
        (
            "User.mail",
            {"scopes": [[["mail"]], [["admin"], ["read", "user"]]], "policies": [[["own"]]]},
        ),
        ("Leaf.mark", {"authenticated": True}),
        ("Leaf.id", None),
    ],
)
def test_demands_of_field_parent_and_returned_type_hold_together(
    coordinate: str, demands: object
) -> None:
    composition = compose([load_subgraph("a", "http://a", SDL)])
    assert composition.supergraph is not None, [each.message for each in composition.diagnostics]

    found = build_catalogue(composition.supergraph).policy_data()["fields"][coordinate]

    normal = found.get("demands")
    if normal and "scopes" in normal:
        normal["scopes"] = [sorted(sorted(names) for names in each) for each in normal["scopes"]]
    assert normal == demands
