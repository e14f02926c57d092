"""Names are found in structs as in trees, also where one struct stands in many places."""

from typing import Any

import pytest
from msgspec import Struct, to_builtins

from federation.audit import EVERYTHING, NameRule, Names, find_names
from federation.audit.typed_names import NameFinder
from federation.planning import OutputField


class Object(Struct):
    id: Any = None
    author: Any = None


def _rule(type_name: str) -> NameRule:
    read = OutputField("id", "id", "id", type_name, "ID")
    return NameRule(type_name, None, "key id", (read,), is_plain=True, is_abstract=False)


USERS = Names((_rule("User"),))
REVIEWS = Names((_rule("Review"),), (("author", "author", None, USERS),))
ROOT = Names((), (("reviews", "reviews", None, REVIEWS),))


def _attribute(key: str) -> str:
    return key


@pytest.mark.parametrize("name", ["7", None, 7])
def test_one_struct_in_many_places_is_found_as_so_many_objects(name: Any) -> None:
    author = Object(name)
    one, other = Object("1", author), Object("2", author)
    roots = {"reviews": [one, None, other, [one]] * 20}
    finder = NameFinder(ROOT)

    for repeats in (True, True, False):
        found = finder.find(roots, _attribute, repeats=repeats)

        assert found == find_names(to_builtins(roots), EVERYTHING, ROOT)
        assert found.unnamed == ({("User", "key id"): 60} if name is None else {})
