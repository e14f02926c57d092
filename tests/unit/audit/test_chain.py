"""The verifier finds whatever is done to a chain, as far as signed heads and the register reach."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st

from federation.audit import (
    REGISTER,
    ChainClosed,
    ChainOpened,
    Entry,
    FaultKind,
    append,
    empty_chain,
    entry_digest,
    event_bytes,
    is_authentic,
    key_id,
    read_event,
    read_register,
    sign_head,
    verify,
)

CHAIN = "chain-1"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {key_id(KEY.public_key()): KEY.public_key()}

BODIES = st.lists(st.binary(min_size=1, max_size=12), min_size=2, max_size=12)


def linked(bodies: Sequence[bytes]) -> list[Entry]:
    """A whole chain of these bodies."""
    return append(empty_chain(CHAIN), bodies)[0]


def kinds(entries: Sequence[Entry], original: Sequence[Entry]) -> set[FaultKind]:
    """What the verifier finds, given the signed head of the original chain."""
    head = append(empty_chain(CHAIN), [entry.body for entry in original])[1]
    report = verify(CHAIN, entries, [sign_head(head, 1, KEY)], KEYS)
    return {fault.kind for fault in report.faults}


@given(BODIES)
def test_an_untouched_chain_is_proven_to_its_head(bodies: list[bytes]) -> None:
    entries, head = append(empty_chain(CHAIN), bodies)

    report = verify(CHAIN, entries, [sign_head(head, 1, KEY)], KEYS)

    assert report.faults == ()
    assert report.proven == report.entries == len(bodies)


@given(BODIES, st.integers(0, 12))
def test_appending_in_any_two_batches_gives_the_same_chain(bodies: list[bytes], cut: int) -> None:
    first, middle = append(empty_chain(CHAIN), bodies[:cut])
    second, _ = append(middle, bodies[cut:])

    assert first + second == linked(bodies)


@given(BODIES, st.data())
def test_a_changed_body_is_found_where_it_is(bodies: list[bytes], data: st.DataObject) -> None:
    entries = linked(bodies)
    place = data.draw(st.integers(0, len(entries) - 1))
    body = data.draw(st.binary(max_size=12))
    assume(body != bodies[place])

    edited = [*entries]
    edited[place] = edited[place]._replace(body=body)

    report = verify(CHAIN, edited, [], KEYS)
    assert (place + 1, FaultKind.CHANGED) in {(f.sequence, f.kind) for f in report.faults}


@given(BODIES, st.data())
def test_a_changed_body_with_its_hash_redone_is_found(
    bodies: list[bytes], data: st.DataObject
) -> None:
    entries = linked(bodies)
    place = data.draw(st.integers(0, len(entries) - 1))
    old = entries[place]
    body = data.draw(st.binary(max_size=12))
    assume(body != old.body)

    edited = [*entries]
    digest = entry_digest(CHAIN, old.sequence, old.previous, body)
    edited[place] = old._replace(body=body, digest=digest)

    assert kinds(edited, entries) & {FaultKind.CHANGED, FaultKind.REWRITTEN}


@given(BODIES, st.data())
def test_a_chain_rewritten_with_all_hashes_redone_is_found(
    bodies: list[bytes], data: st.DataObject
) -> None:
    other = data.draw(BODIES)
    assume(other != bodies)

    found = kinds(linked(other), linked(bodies))

    assert found & {FaultKind.REWRITTEN, FaultKind.CUT} or len(other) > len(bodies)
    if len(other) > len(bodies):
        assert FaultKind.REWRITTEN in found or other[: len(bodies)] == bodies


@given(BODIES, st.data())
def test_dropped_entries_are_found(bodies: list[bytes], data: st.DataObject) -> None:
    entries = linked(bodies)
    dropped = data.draw(st.sets(st.integers(0, len(entries) - 1), min_size=1))

    rest = [entry for place, entry in enumerate(entries) if place not in dropped]

    found = kinds(rest, entries)
    assert found & {FaultKind.DROPPED, FaultKind.CUT}


@given(BODIES, st.data())
def test_dropped_entries_are_found_after_renumbering(
    bodies: list[bytes], data: st.DataObject
) -> None:
    entries = linked(bodies)
    place = data.draw(st.integers(0, len(entries) - 1))

    rest = entries[:place] + entries[place + 1 :]
    renumbered = [entry._replace(sequence=n) for n, entry in enumerate(rest, 1)]

    assert kinds(renumbered, entries)


@given(BODIES, st.data())
def test_swapped_entries_are_found(bodies: list[bytes], data: st.DataObject) -> None:
    entries = linked(bodies)
    one, two = data.draw(
        st.lists(st.integers(0, len(entries) - 1), min_size=2, max_size=2, unique=True)
    )

    edited = [*entries]
    edited[one], edited[two] = edited[two], edited[one]
    renumbered = [entry._replace(sequence=n) for n, entry in enumerate(edited, 1)]

    assert FaultKind.SWAPPED in kinds(edited, entries)
    assert FaultKind.CHANGED in kinds(renumbered, entries)


@given(BODIES, st.data())
def test_an_entry_put_in_twice_is_found(bodies: list[bytes], data: st.DataObject) -> None:
    entries = linked(bodies)
    place = data.draw(st.integers(0, len(entries) - 1))

    edited = [*entries[: place + 1], *entries[place:]]

    assert FaultKind.SWAPPED in kinds(edited, entries)


@given(BODIES, st.data())
def test_a_cut_end_is_found_through_the_signed_head(
    bodies: list[bytes], data: st.DataObject
) -> None:
    entries = linked(bodies)
    kept = data.draw(st.integers(0, len(entries) - 1))

    assert kinds(entries[:kept], entries) == {FaultKind.CUT}


@given(BODIES, st.data())
def test_a_cut_end_is_found_through_the_register_without_any_head(
    bodies: list[bytes], data: st.DataObject
) -> None:
    entries, head = append(empty_chain(CHAIN), bodies)
    kept = data.draw(st.integers(0, len(entries) - 1))
    closing = ChainClosed(CHAIN, head.sequence, head.digest.hex(), 1, orderly=True)

    report = verify(CHAIN, entries[:kept], [], KEYS, closing)

    assert [fault.kind for fault in report.faults] == [FaultKind.CUT]


def test_entries_after_the_last_head_are_linked_but_not_proven() -> None:
    entries, head = append(empty_chain(CHAIN), [b"a", b"b"])
    later, _ = append(head, [b"c"])

    report = verify(CHAIN, entries + later, [sign_head(head, 1, KEY)], KEYS)

    assert (report.faults, report.proven, report.entries) == ((), 2, 3)


def test_entries_after_the_registered_end_are_found() -> None:
    entries, head = append(empty_chain(CHAIN), [b"a", b"b"])
    later, _ = append(head, [b"c"])
    closing = ChainClosed(CHAIN, head.sequence, head.digest.hex(), 1, orderly=True)

    report = verify(CHAIN, entries + later, [], KEYS, closing)

    assert [(f.sequence, f.kind) for f in report.faults] == [(3, FaultKind.CHANGED)]


@pytest.mark.parametrize("part", ["head", "at", "key_id", "signature", "chain", "negative"])
def test_a_head_with_any_part_changed_is_forged(part: str) -> None:
    entries, head = append(empty_chain(CHAIN), [b"a", b"b"])
    signed = sign_head(head, 5, KEY)
    forged = {
        "head": replace(signed, head=replace(head, digest=bytes(32))),
        "at": replace(signed, at=6),
        "key_id": replace(signed, key_id="0" * 16),
        "signature": replace(signed, signature=bytes(64)),
        "chain": replace(signed, head=replace(head, chain="other")),
        "negative": replace(signed, head=replace(head, sequence=-1)),
    }[part]

    assert is_authentic(signed, KEYS)
    assert not is_authentic(forged, KEYS)
    assert FaultKind.FORGED in {f.kind for f in verify(CHAIN, entries, [forged], KEYS).faults}


def test_a_head_of_another_chain_does_not_count() -> None:
    entries, _ = append(empty_chain(CHAIN), [b"a"])
    other = append(empty_chain("other"), [b"a"])[1]

    report = verify(CHAIN, entries, [sign_head(other, 1, KEY)], KEYS)

    assert [fault.kind for fault in report.faults] == [FaultKind.FORGED]
    assert report.proven == 0


def test_one_chain_cannot_stand_in_for_another_with_the_same_bodies() -> None:
    entries, _ = append(empty_chain("other"), [b"a", b"b"])

    report = verify(CHAIN, entries, [], KEYS)

    assert {fault.kind for fault in report.faults} == {FaultKind.CHANGED}


def test_the_register_names_openings_and_closings_and_misses_unregistered_chains() -> None:
    opened = ChainOpened("a", "worker 1", 1, "k")
    closed = ChainClosed("a", 3, "00" * 32, 2, orderly=False)
    entries, _ = append(empty_chain(REGISTER), [event_bytes(opened), event_bytes(closed)])

    register = read_register(entries)

    assert register.openings == {"a": opened}
    assert register.closings == {"a": closed}
    assert register.faults == ()
    assert [f.chain for f in register.missing(["a", "b", REGISTER])] == ["b"]


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b'{"type":"opened"}',
        event_bytes(ChainClosed("a", 1, "zz", 2, orderly=True)),
        event_bytes(ChainOpened("a", "w", 1, "k")),
    ],
    ids=["no JSON", "no members", "digest that is none", "opened twice"],
)
def test_a_register_entry_that_is_no_new_event_is_found(body: bytes) -> None:
    first = event_bytes(ChainOpened("a", "w", 1, "k"))
    entries, _ = append(empty_chain(REGISTER), [first, body])

    register = read_register(entries)

    assert [(f.sequence, f.kind) for f in register.faults] == [(2, FaultKind.UNREGISTERED)]
    assert read_event(first) == ChainOpened("a", "w", 1, "k")
