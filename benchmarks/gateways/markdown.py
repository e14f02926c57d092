"""Stored results as Markdown, for docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.gateways.figures import Row
from benchmarks.gateways.results import MeasuredTable, Run, last_with

# Both ratios are above 1 where the base does better.
_COLUMNS = (
    "requests to subgraphs", "requests/s", "{base} does ×", "p50 ms", "p99 ms", "CPU ms/request",
    "× {base}", "peak RSS MB",
)  # fmt: skip


def print_last(runs: list[Run]) -> str:
    """Each table as it was measured last, those of one run together."""
    found: dict[str, list[str]] = {}
    for key in dict.fromkeys(key for run in runs for key in run.tables):
        run = last_with(runs, key)
        assert run is not None, "the key is one of a run's"
        found.setdefault(print_run(run), []).append(print_table(run.tables[key]))
    return "\n\n".join(f"{run}\n\n" + "\n\n".join(tables) for run, tables in found.items())


def print_run(run: Run) -> str:
    """One line: when, where and on which commit."""
    before, after = run.load_average
    return (
        f"Measured {run.at[:16].replace('T', ' ')} UTC, commit {run.commit}, "
        f"{run.machine['cores']} x {run.machine['processor']}, load average {before:.1f} before"
        f" and {after:.1f} after, best of {run.rounds} rounds of {run.seconds:g} s"
    )


def print_table(table: MeasuredTable) -> str:
    """One table, with a heading and what is missing in it."""
    connections = dict.fromkeys(row.connections for row in table.rows)
    parts = [f"### {table.title}", *("\n".join(_part(table, each)) for each in connections)]
    if table.left_out:
        missing = "; ".join(f"{name} ({reason})" for name, reason in table.left_out.items())
        parts.append(f"Not measured: {missing}.")
    return "\n\n".join(parts)


def _part(table: MeasuredTable, connections: int) -> Iterator[str]:
    rows = [row for row in table.rows if row.connections == connections]
    base = next((row for row in rows if row.gateway == table.base), rows[0])
    is_slow = table.delay_ms > 0
    columns = [f"{connections} connection{'s' if connections > 1 else ''}"]
    columns += [each.format(base=base.gateway) for each in _COLUMNS]
    columns += ["rounds", "p50 / (rounds × delay)"] if is_slow else []
    yield _line(columns)
    yield "|---|" + "---:|" * (len(columns) - 1)
    for row in rows:
        cells = _cells(row, base)
        if is_slow:
            expected = row.subgraph_rounds * table.delay_ms
            cells += [str(row.subgraph_rounds), f"{row.best.p50_ms / expected:.2f}"]
        yield _line(cells)


def _cells(row: Row, base: Row) -> list[str]:
    best, other = row.best, base.best
    name = row.gateway if row.gives_the_same is not False else f"{row.gateway} (other data!)"
    return [
        name,
        str(row.subgraph_requests),
        f"{best.requests_per_second:,.0f}",
        f"{other.requests_per_second / best.requests_per_second:.2f}",
        f"{best.p50_ms:.2f}",
        f"{best.p99_ms:.2f}",
        f"{best.cpu_ms:.3f}",
        f"{best.cpu_ms / other.cpu_ms:.2f}",
        f"{row.peak_megabytes:.0f}",
    ]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
