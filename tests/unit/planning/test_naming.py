"""Tree keys: the client's where possible, internal ones where two fields clash."""

from federation.planning.naming import Naming
from federation.selection import Argument

PLACE = ("things", "@")


def test_a_field_stands_under_the_wanted_key() -> None:
    assert Naming().key(PLACE, "name", (), "title", "String") == "title"


def test_the_same_field_gets_the_same_key_again() -> None:
    naming = Naming()

    keys = {naming.key(PLACE, "name", (), "name", "String") for _ in range(3)}

    assert keys == {"name"}


def test_fields_that_differ_in_arguments_or_name_or_type_are_kept_apart() -> None:
    naming = Naming()

    keys = [
        naming.key(PLACE, "price", (), "price", "Int"),
        naming.key(PLACE, "price", (Argument("currency", '"EUR"'),), "price", "Int"),
        naming.key(PLACE, "cost", (), "price", "Int"),
        naming.key(PLACE, "price", (), "price", "Int!"),
    ]

    assert keys == ["price", "_1_price", "_2_price", "_3_price"]


def test_a_key_that_the_client_took_already_is_passed_over() -> None:
    naming = Naming()
    naming.key(PLACE, "other", (), "_1_price", "Int")
    naming.key(PLACE, "price", (), "price", "Int")

    assert naming.key(PLACE, "cost", (), "price", "Int") not in ("_1_price", "price")


def test_objects_of_all_types_at_a_place_share_their_keys() -> None:
    naming = Naming()

    first = naming.key((*PLACE, "|Book"), "size", (), "size", "Int")
    second = naming.key((*PLACE, "|Film"), "size", (), "size", "String")

    assert (first, second) == ("size", "_1_size")


def test_nothing_but_the_type_stands_under_its_key() -> None:
    naming = Naming()

    assert naming.key(PLACE, "name", (), "__typename", "String") == "_1___typename"
    assert naming.key(PLACE, "title", (), "__typename", "String") == "_2___typename"


def test_keys_of_different_places_do_not_meet() -> None:
    naming = Naming()

    keys = [naming.key((place,), "x", (), "y", place) for place in ("a", "b")]

    assert keys == ["y", "y"]
