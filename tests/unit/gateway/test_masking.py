"""Masks are bound once for each purpose, and never under another's key."""

from federation.access import bind_masks
from federation.gateway.masking import PurposeMasks

PLACE = ("Citizen", "idNumber")


def test_each_purpose_has_its_own_key() -> None:
    masks = PurposeMasks({PLACE: "hash"})

    hashed = [masks.under(b"secret", purpose)[PLACE]("1101") for purpose in ("loan", "tax", None)]

    assert len(set(hashed)) == 3
    assert masks.under(b"secret", "loan")[PLACE]("1101") == hashed[0]
    assert PurposeMasks({PLACE: "hash"}).under(b"other", "loan")[PLACE]("1101") != hashed[0]


def test_no_more_purposes_are_kept_than_matter() -> None:
    masks = PurposeMasks({PLACE: "last4"})
    first = masks.under(b"secret", "0")

    assert masks.under(b"secret", "0") is first
    for number in range(100):
        assert masks.under(b"secret", f"{number}")[PLACE]("110101") == "**0101"
    assert masks.under(b"secret", "0") is not first


def test_a_keyed_hash_is_a_truncated_hmac_of_the_text() -> None:
    hashed = bind_masks({PLACE: "hash"}, b"key")[PLACE]

    # RFC 4231's method under a short key; each value begins anew.
    assert [hashed("what do ya want"), hashed(7), hashed(["7"]), hashed(1.5), hashed(None)] == [
        "26785c3dd201f1da",
        hashed("7"),
        None,
        None,
        None,
    ]
