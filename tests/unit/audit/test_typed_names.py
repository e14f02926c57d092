"""Names are found in structs as in trees, also where one struct stands in many places."""

from typing import Any

import pytest
from msgspec import UNSET, Struct, structs, to_builtins

from federation.audit import EVERYTHING, NameRule, Names, find_names
from federation.audit.name_code import name_code
from federation.audit.names import Found
from federation.audit.typed_names import NameFinder
from federation.planning import OutputField


class Object(Struct):
    id: Any = None
    author: Any = None


def _rule(type_name: str) -> NameRule:
    read = OutputField("id", "id", "id", type_name, "ID")
    return NameRule(type_name, None, "key id", (read,), is_plain=True, is_abstract=False)


USERS = Names((_rule("User"),))
REVIEWS = Names((_rule("Review"),), (("author", "author", None, USERS),), depth=1)
ROOT = Names((), (("reviews", "reviews", None, REVIEWS),))


def _attribute(key: str) -> str:
    return key


@pytest.mark.parametrize("name", ["7", None, 7, UNSET])
def test_one_struct_in_many_places_is_found_as_so_many_objects(name: Any) -> None:
    author = Object(name)
    one, other = Object("1", author), Object("2", author)
    roots = {"reviews": [one, None, other, [one]] * 20}
    finder = NameFinder(ROOT)

    for repeats in (True, True, False):
        found = finder.find(roots, _attribute, repeats=repeats)

        assert found == find_names(to_builtins(roots), EVERYTHING, ROOT)
        assert found.unnamed == ({("User", "key id"): 60} if name in {None, UNSET} else {})


@pytest.mark.parametrize("repeats", [True, False])
def test_code_finds_what_walking_finds(repeats: bool) -> None:
    author = Object("7")
    roots = {"reviews": [Object(f"{at}", author if at % 3 else None) for at in range(20)] + [None]}
    reading = NameFinder(ROOT).reading(_attribute)
    assert reading.code is not None

    found = reading.code(roots, repeats)

    assert found == reading.walk(roots, repeats=repeats)
    assert reading.code({"reviews": None}, repeats) == Found()


ODD = [
    Object(None, None),
    Object(7, None),
    Object(UNSET, None),
    Object("1", UNSET),
    Object("1", [Object("2")]),
    Object("1", "author"),
    [Object("1")],
    {"id": "1"},
]


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_code_finds_all_or_nothing(odd: Any) -> None:
    roots = {"reviews": [Object("1", Object("2")), odd]}
    finder = NameFinder(ROOT)
    reading = finder.reading(_attribute)
    assert reading.code is not None

    nothing = reading.code(roots, False)
    found = [finder.find(roots, _attribute, repeats=False) for _ in range(5)]

    assert nothing is None
    assert found == [reading.walk(roots, repeats=False)] * 5
    # In vain again and again.
    assert reading.code is None


def test_there_is_no_code_where_types_decide() -> None:
    only = structs.replace(ROOT.inner[0][3].rules[0], only="Review")
    for place in (
        Names((only,), depth=1),
        Names((structs.replace(only, only=None, is_abstract=True),), depth=1),
        Names((structs.replace(only, only=None, is_plain=False),), depth=1),
    ):
        names = Names((), (("reviews", "reviews", None, place),))
        assert name_code(names, _attribute) is None
    typed = Names((), (("reviews", "reviews", frozenset({"Query"}), USERS),))
    assert name_code(typed, _attribute) is None
