"""Everything that is derived from one supergraph, built once and never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLSchema

from federation.access import AccessIndex, build_access_index
from federation.audit import Identity, SubjectInputs, build_identities, build_subject_inputs
from federation.catalogue import Catalogue, build_catalogue
from federation.query_graph import LabelledGraphs
from federation.supergraph import Supergraph, build_api_schema, print_supergraph


@dataclass(frozen=True, slots=True, weakref_slot=True)
class State:
    """What every request reads; a reload makes a new one beside it and swaps the reference.

    Attributes:
        schema: The API schema.
        graphs: The query graphs: one for each set of override labels.
        identities: What names the objects of each type in the audit trail.
        subjects: Which inputs can name a person.
        revision: Hash of the supergraph's text: equal schemas have equal revisions everywhere.
    """

    supergraph: Supergraph
    schema: GraphQLSchema
    graphs: LabelledGraphs
    catalogue: Catalogue
    index: AccessIndex
    identities: Mapping[str, Identity]
    subjects: SubjectInputs
    revision: str


def build_state(supergraph: Supergraph) -> State:
    """The state of one supergraph."""
    schema = build_api_schema(supergraph)
    catalogue = build_catalogue(supergraph)
    index = build_access_index(supergraph, schema, catalogue)
    return State(
        supergraph=supergraph,
        schema=schema,
        graphs=LabelledGraphs(supergraph),
        catalogue=catalogue,
        index=index,
        identities=build_identities(supergraph, catalogue),
        subjects=build_subject_inputs(index),
        revision=hashlib.sha256(print_supergraph(supergraph).encode()).hexdigest()[:16],
    )
