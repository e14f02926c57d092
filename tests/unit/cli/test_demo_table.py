"""The demo's table on terminals of several widths."""

import io

import pytest
from rich.console import Console

from federation.cli.demo.stories import RUNS
from federation.cli.demo.table import print_table
from federation.cli.demo.telling import Told


def told(position: int, *faults: str) -> Told:
    run = RUNS[position]
    return Told(
        run=run,
        data={"citizen": {"name": "[b]", "loanLimit": "1080000.00"}},
        masked=dict.fromkeys(sorted(run.masked), "initial"),
        denied=run.denied,
        departments=tuple(sorted(run.departments)),
        milliseconds=133.4,
        faults=faults,
    )


def printed(width: int, *runs: Told) -> str:
    out = io.StringIO()
    print_table(runs, Console(file=out, width=width, highlight=False))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100, 130, 160])
def test_names_are_whole_and_lines_fit_at_any_width(width: int) -> None:
    text = printed(width, *map(told, range(len(RUNS))))

    for run in RUNS:
        assert run.operation in text
        assert run.caller in text
        assert all(name in text for name in run.departments)
    assert "answer is" in text
    assert "[b]" in text
    assert max(map(len, text.splitlines())) <= width


def test_what_is_not_as_it_must_be_is_said_below_the_table() -> None:
    text = printed(160, told(0), told(1, "data: 1 instead of 2"))

    assert (text.count("right"), text.count("WRONG")) == (1, 1)
    assert text.splitlines()[-1] == "LoanPreApproval by bank-app: data: 1 instead of 2"
