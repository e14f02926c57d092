"""The data catalogue: what departments say about their data, generated from the schema alone."""

from federation.catalogue.build import build_catalogue, resolvers
from federation.catalogue.model import Catalogue, Entry, Grade, Item
from federation.catalogue.requirements import TypeField, concrete_types, direct_requirements

__all__ = [
    "Catalogue",
    "Entry",
    "Grade",
    "Item",
    "TypeField",
    "build_catalogue",
    "concrete_types",
    "direct_requirements",
    "resolvers",
]
