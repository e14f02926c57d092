"""Server-sent events, however their bytes are cut and their lines end."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from federation.gateway.streams.sse import Event, EventParser

STREAM = (
    b"\xef\xbb\xbf: welcome\n\nevent: next\ndata: one\ndata:two\n\n"
    b"id: 4\nretry: 10\ndata:  spaced\n\nevent: complete\ndata\n\nevent: cut off\ndata: x"
)
EVENTS = [Event("next", b"one\ntwo"), Event("", b" spaced"), Event("complete", b"")]


def _parse(chunks: list[bytes]) -> list[Event]:
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


@given(
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
    st.lists(st.integers(0, 200), max_size=20).map(sorted),
)
def test_events_do_not_depend_on_where_the_bytes_are_cut(ending: bytes, cuts: list[int]) -> None:
    stream = STREAM.replace(b"\n", ending)
    places = [0, *cuts, len(stream)]
    chunks = [stream[start:end] for start, end in pairwise(places)]

    assert _parse(chunks) == EVENTS


def test_what_is_held_is_counted_until_its_event_is_complete() -> None:
    parser = EventParser()

    assert list(parser.feed(b"data: " + b"x" * 100)) == []
    assert parser.held == 106
    assert list(parser.feed(b"\n" + b"data\n" * 50)) == []
    assert parser.held == 100 + 51
    assert list(parser.feed(b"\n")) == [Event("", b"x" * 100 + b"\n" * 50)]
    assert parser.held == 0
