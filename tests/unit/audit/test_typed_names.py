"""Names are found in structs as in trees, also where one struct stands in many places."""

from typing import Any

import pytest
from msgspec import UNSET, Struct, structs, to_builtins

from federation.audit import EVERYTHING, NameHashes, NameRule, Names, find_names
from federation.audit.names import Found
from federation.audit.typed_names import NameFinder
from federation.planning import OutputField
from tests.support.found_names import texts_of

HASHES = NameHashes(b"k" * 32)


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

    found = reading.code(roots)

    assert found == reading.walk(roots, repeats=repeats)
    assert reading.code({"reviews": None}) == Found()


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

    nothing = reading.code(roots)
    found = [finder.find(roots, _attribute, repeats=False) for _ in range(5)]

    assert nothing is None
    assert found == [reading.walk(roots, repeats=False)] * 5
    # In vain again and again.
    assert reading.code is None


class Man(Struct, tag_field="__typename", tag="Man"):
    id: Any = None
    area: Any = None
    spouse: Any = None


class Firm(Struct, tag_field="__typename", tag="Firm"):
    id: Any = None


def _owners() -> Names:
    man, firm = (structs.replace(_rule(each), only=each) for each in ("Man", "Firm"))
    parts = (OutputField("area", "area", "area", "Man", "ID"), *man.reads)
    man = structs.replace(man, by="key area id", reads=parts, is_plain=False)
    spouse = ("spouse", "spouse", frozenset({"Man"}), USERS)
    owners = Names((man, firm), (spouse,), depth=1)
    return Names((), (("owners", "owners", None, owners),))


OWNERS = [Man("1", "a", Object("7")), Firm("2"), Man("1", "b"), None, Man(" 1", "a"), Firm("1")]


@pytest.mark.parametrize("repeats", [True, False])
def test_code_tells_types_and_joins_the_fields_of_keys(repeats: bool) -> None:
    names = _owners()
    reading = NameFinder(names).reading(_attribute)
    assert reading.code is not None

    found = reading.code({"owners": OWNERS * 2})

    assert found is not None
    walked = reading.walk({"owners": OWNERS * 2}, repeats=repeats)
    assert texts_of(found) == texts_of(walked)
    assert texts_of(found) == {
        ("Man", "key area id"): {'["A", "1"]', '["B", "1"]'},
        ("Firm", "key id"): {"1", "2"},
        ("User", "key id"): {"7"},
    }
    digests = [each.digests(("Man", "key area id"), HASHES) for each in (found, walked)]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 2


@pytest.mark.parametrize("odd", [Man("1", None), Man("1", 7), Man("1", ["a"]), Firm(3)], ids=str)
def test_code_leaves_keys_that_are_no_texts_to_who_walks(odd: Any) -> None:
    reading = NameFinder(_owners()).reading(_attribute)
    assert reading.code is not None

    assert reading.code({"owners": [*OWNERS, odd]}) is None


def test_there_is_no_code_for_interfaces_and_for_keys_with_objects() -> None:
    rule = ROOT.inner[0][3].rules[0]
    read = structs.replace(rule.reads[0], fields=rule.reads)
    for each in (
        structs.replace(rule, is_abstract=True),
        structs.replace(rule, reads=(read,), is_plain=False),
    ):
        names = Names((), (("reviews", "reviews", None, Names((each,), depth=1)),))
        assert NameFinder(names).reading(_attribute).code is None


def test_there_is_no_code_for_more_lists_in_lists_than_python_nests_loops() -> None:
    for depth, is_coded in ((10, True), (30, False)):
        deep = structs.replace(REVIEWS, depth=depth)
        reading = NameFinder(Names((), (("reviews", "reviews", None, deep),))).reading(_attribute)
        value: Any = Object("1", Object("2"))
        for _ in range(depth):
            value = [value]

        assert (reading.code is not None) == is_coded
        found = reading.find({"reviews": value}, repeats=False)
        assert texts_of(found) == {("Review", "key id"): {"1"}, ("User", "key id"): {"2"}}
