"""A small federated graph: accounts knows users, shop knows products, reviews joins both."""

from graphql import build_schema

from federation.execution import (
    ExecutionRequest,
    ExecutionResult,
    SubgraphReply,
    SubgraphRequest,
    Transport,
    execute,
)
from federation.planning.plan import OperationPlan
from federation.supergraph.api_schema import HIDDEN_VALUES
from tests.support.memory_subgraph import MemorySubgraph, MemoryTransport, Resolver, Row

API = build_schema(
    """
    interface Node { id: ID! }
    enum Sex { MALE FEMALE }
    type User implements Node {
      id: ID! name: String nick: String! sex: Sex rank: Int friends: [User!] reviews: [Review!]
    }
    type Review { id: ID! body: String stars: Int! product: Product }
    type Product implements Node {
      id: ID! title: String price: Float tags: [String!] reviews: [Review]
    }
    union Hit = User | Product
    type Query {
      me: User users: [User!] strict: [User!]! node: Node hits: [Hit] matrix: [[User!]] top: Product
      one: Int two: Int done: Boolean extra: Json
    }
    scalar Json
    type Mutation { first: Int second: Int rename: User }
    """
)

# As the API schema of a supergraph says which values are kept from clients.
API.type_map["Sex"].extensions[HIDDEN_VALUES] = frozenset({"HIDDEN"})

ACCOUNTS = """
interface Node { id: ID! }
enum Sex { MALE FEMALE HIDDEN }
type User implements Node @key(fields: "id") {
  id: ID! name: String nick: String sex: Sex rank: Int friends: [User!]
}
type Product implements Node @key(fields: "id", resolvable: false) { id: ID! }
union Hit = User | Product
type Query {
  me: User users: [User!] strict: [User!] node: Node hits: [Hit] matrix: [[User]] one: Int
}
type Mutation { first: Int rename: User }
"""

REVIEWS = """
type User @key(fields: "id") {
  id: ID! reviews: [Review!] score: Int @requires(fields: "rank") rank: Int
}
type Review @key(fields: "id") { id: ID! body: String stars: Int product: Product }
type Product @key(fields: "id") { id: ID! reviews: [Review] }
type Query { two: Int }
type Mutation { second: Int }
"""

SHOP = """
type Product @key(fields: "id") { id: ID! title: String price: Float tags: [String] }
type Query { top: Product }
"""


def users() -> list[Row]:
    return [
        {"id": "1", "name": "Ann", "nick": "a", "sex": "MALE", "rank": 3, "friends": [{"id": "2"}]},
        {"id": "2", "name": "Bo", "nick": "b", "sex": "FEMALE", "rank": 1, "friends": []},
        {"id": "3", "name": "Cy", "nick": None, "sex": "HIDDEN", "rank": None, "friends": None},
    ]


def city(
    root: Row | None = None, resolvers: dict[tuple[str, str], Resolver] | None = None
) -> MemoryTransport:
    """The three subgraphs; ``root`` says what the root fields of accounts give."""
    reviews: list[Row] = [
        {"id": "r1", "body": "good", "stars": 5, "product": {"id": "p1"}},
        {"id": "r2", "body": "bad", "stars": None, "product": {"id": "p2"}},
        {"id": "r3", "body": "so so", "stars": 3, "product": {"id": "p1"}},
    ]
    accounts: dict[str, list[Row]] = {
        "User": users(),
        "Query": [{"me": {"id": "1"}, "one": 1, **(root or {})}],
        "Mutation": [{"first": 1, "rename": {"id": "1"}}],
    }
    review_rows: dict[str, list[Row]] = {
        "User": [
            {"id": "1", "reviews": [{"id": "r1"}, {"id": "r3"}]},
            {"id": "2", "reviews": [{"id": "r2"}]},
        ],
        "Review": reviews,
        "Product": [{"id": "p1", "reviews": [{"id": "r1"}, {"id": "r3"}]}],
        "Query": [{"two": 2}],
        "Mutation": [{"second": 2}],
    }
    products: list[Row] = [
        {"id": "p1", "title": "Tea", "price": 4.5, "tags": ["hot"]},
        {"id": "p2", "title": "Pot", "price": 20, "tags": None},
    ]
    shop: dict[str, list[Row]] = {"Product": products, "Query": [{"top": {"id": "p1"}}]}
    return MemoryTransport(
        {
            "accounts": MemorySubgraph(ACCOUNTS, accounts, resolvers),
            "reviews": MemorySubgraph(REVIEWS, review_rows, resolvers),
            "shop": MemorySubgraph(SHOP, shop, resolvers),
        }
    )


class Replies:
    """A transport whose subgraphs answer one thing, whatever they are asked."""

    def __init__(self, **replies: SubgraphReply | Exception) -> None:
        self.replies = replies
        self.sent: list[tuple[str, SubgraphRequest]] = []

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        self.sent.append((subgraph, request))
        reply = self.replies[subgraph]
        if isinstance(reply, Exception):
            raise reply
        return reply


async def run(
    plan: OperationPlan, transport: Transport | None = None, request: ExecutionRequest | None = None
) -> ExecutionResult:
    return await execute(plan, request or ExecutionRequest(), transport or city(), API)


def told(result: ExecutionResult) -> list[tuple[object, object]]:
    """Code and path of every error."""
    return [
        (error.extensions.get("code"), list(error.path) if error.path is not None else None)
        for error in result.errors
    ]
