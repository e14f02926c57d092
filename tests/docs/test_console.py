"""The runner of console blocks sees what differs, and leaves no process behind."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import Block
from tests.docs.console import Console, matches, reader


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with reader(tmp_path, "4000") as found:
        yield found


def typed(text: str) -> Block:
    return Block("page:1", "console", None, text)


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("one\ntwo\n", "one\n\ntwo  \n", True),
        ("one ... three\n", "one two three\n", True),
        ("one\n...\nfour\n", "one\ntwo\nthree\nfour\n", True),
        ("one\n", "one\ntwo\n", False),
        ("", "one\n", False),
        ("a.b\n", "axb\n", False),
    ],
)
def test_dots_stand_for_anything_and_all_else_for_itself(
    expected: str, printed: str, same: bool
) -> None:
    assert matches(expected, printed) is same


def test_output_that_differs_is_a_failure(console: Console) -> None:
    console.play(typed("$ echo one \\\n    two\none two\n"))

    with pytest.raises(AssertionError, match="printed"):
        console.play(typed("$ echo one\ntwo\n"))


def test_ports_of_the_page_are_replaced_in_commands_and_output(console: Console) -> None:
    console.play(typed("$ echo port 4000 not 40001\nport 4000 not 40001\n"))

    assert console.ports["4000"] != "4000"


def test_background_must_print_before_the_next_command(console: Console) -> None:
    console.play(typed("$ sh -c 'echo ready; sleep 60' &\nready\n$ echo next\nnext\n"))
    console.play(typed("$ sh -c 'echo other' &\nready\n"))

    with pytest.raises(AssertionError, match="ended after"):
        console.play(typed("$ echo next\nnext\n"))


def test_the_end_leaves_no_process(tmp_path: Path) -> None:
    with reader(tmp_path) as console:
        console.play(typed("$ sh -c 'echo ready; sleep 60 & wait' &\nready\n$ echo next\nnext\n"))
        process = console.jobs[0].process
        started = time.monotonic()

    assert process.poll() is not None
    assert time.monotonic() - started < 5
