"""The data catalogue: what departments say about their data, generated from the schema alone."""

from federation.catalogue.build import PAGING, build_catalogue, resolvers
from federation.catalogue.directives import GovernanceDirectives, governance_directives
from federation.catalogue.model import Catalogue, Entry, Grade, Item, SharingClass
from federation.catalogue.requirements import TypeField, concrete_types, direct_requirements

__all__ = [
    "PAGING",
    "Catalogue",
    "Entry",
    "GovernanceDirectives",
    "Grade",
    "Item",
    "SharingClass",
    "TypeField",
    "build_catalogue",
    "concrete_types",
    "direct_requirements",
    "governance_directives",
    "resolvers",
]
