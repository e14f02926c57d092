"""Stored results: they come back as they were written, and print as tables."""

from pathlib import Path

from benchmarks.gateways.figures import Round, Row
from benchmarks.gateways.markdown import print_last, print_table
from benchmarks.gateways.results import FOLDER, MeasuredTable, Run, last_with, load_runs, store


def run(at: str, *gateways: str, key: str = "heavy", delay_ms: float = 0) -> Run:
    rows = tuple(
        Row(name, 1, (Round(100 / cpu, 20 * cpu, 40.0, cpu),), 87_000, 6, 4, 90.0)
        for cpu, name in enumerate(gateways, 1)
    )
    table = MeasuredTable("Heavy query", gateways[0], delay_ms, rows, {"absent": "not installed"})
    return Run(at, "abc", {"processor": "x", "cores": 2}, {}, (0.1, 0.2), 3, 2.0, {key: table})


def test_a_stored_run_is_loaded_again_and_the_last_one_comes_first(tmp_path: Path) -> None:
    older, newer = run("2026-11-28T10:00:00Z", "a"), run("2026-11-29T09:00:00Z", "a")

    store(newer, tmp_path)
    store(older, tmp_path)

    assert load_runs(tmp_path) == [newer, older]


def test_the_last_run_that_has_all_wanted_gateways_is_found() -> None:
    runs = [
        run("3", "Datong", "prototype", key="small"),
        run("2", "Datong"),
        run("1", "Datong", "prototype"),
    ]

    assert last_with(runs, "heavy", "Datong", "prototype") == runs[2]
    assert last_with(runs, "heavy", "Datong") == runs[1]
    assert last_with(runs, "heavy", "nobody") is None


def test_a_table_prints_ratios_to_its_base_and_what_was_left_out() -> None:
    measured = run("2026-11-29T09:00:00Z", "Datong", "other")

    lines = print_table(measured.tables["heavy"]).splitlines()

    assert lines[0] == "### Heavy query"
    assert "| other | 6 | 50 | 2.00 | 40.00 | 40.00 | 2.000 | 2.00 | 90 |" in lines
    assert lines[-1] == "Not measured: absent (not installed)."


def test_a_table_of_slow_subgraphs_sets_the_median_against_rounds_times_delay() -> None:
    measured = run("2026-11-29T09:00:00Z", "Datong", delay_ms=4)

    assert "| 90 | 4 | 1.25 |" in print_table(measured.tables["heavy"])


def test_each_table_is_printed_as_it_was_measured_last() -> None:
    runs = [run("3", "new", key="small"), run("2", "old", key="small"), run("1", "old")]

    text = print_last(runs)

    assert "| new | 6 |" in text
    assert text.count("### ") == 2
    assert text.count("Measured ") == 2


def test_what_is_stored_in_the_repository_can_be_read() -> None:
    assert all(each.tables for each in load_runs(FOLDER))
