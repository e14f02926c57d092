"""Decisions that a policy should never make: the gateway takes the strict reading of each."""

import pytest

from federation.catalogue import build_catalogue
from federation.composition import compose
from federation.subgraph import load_subgraph
from tests.unit.access.world import refused, restricted

REGION = {"field": "regionCode", "op": "starts_with", "value": "99"}
UNSUPPORTED = "row_filter_unsupported"


@pytest.mark.parametrize("name", ["Party", "Thing", "Unheard"])
def test_a_row_filter_on_no_object_type_shows_nothing(name: str) -> None:
    text = "{ party(id: 1) { ... on Firm { name } } headcount }"

    told = refused(restricted(text, filters={name: REGION}))

    assert told == {"party": UNSUPPORTED, "headcount": UNSUPPORTED}


def test_what_has_fields_cannot_be_masked_and_so_is_denied() -> None:
    told = refused(
        restricted(
            "{ citizen(idNumber: 1) { father { name } tags } }",
            masked={"Citizen.father": "null", "Citizen.tags": "null"},
        )
    )

    assert told == {"citizen.father": "mask_unsuitable", "citizen.tags": "mask_unsuitable"}


def test_a_leaf_named_like_a_connections_part_is_not_open_for_its_name() -> None:
    sdl = """
      type Query { links: LinkConnection }
      type LinkConnection { edges: [LinkEdge!]! nodes: [String!]! totalCount: Int! }
      type LinkEdge { node: String cursor: String! }
    """
    composition = compose([load_subgraph("a", "http://a", sdl)])
    assert composition.supergraph is not None
    fields = build_catalogue(composition.supergraph).policy_data()["fields"]

    assert "level" not in fields["LinkConnection.nodes"]
    assert "level" not in fields["LinkEdge.node"]
    assert fields["LinkConnection.edges"]["level"] == 1
