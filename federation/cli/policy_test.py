"""`datong policy test`: the tests of a policy folder, and how much of the rules they run."""

from __future__ import annotations

import asyncio
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from federation.cli.policy_options import (
    FolderArgument,
    Format,
    FormatOption,
    plain,
    policy_failure,
    policy_folder,
    stdout,
)
from federation.cli.report import err, print_json, usage_fault

if TYPE_CHECKING:
    from federation.gateway.engines.authoring.running import TestResult
    from federation.gateway.engines.authoring.testing import TestReport
    from federation.gateway.engines.authoring.trial import Lines


def run_tests(
    path: FolderArgument = None,
    *,
    opa: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Run on this OPA server; it must be empty."),
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Show which lines of the rules ran.")
    ] = False,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=100, help="Least percentage of lines that must run."),
    ] = None,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Run rules named test_... and the tables in cases/; the status is 1 when one fails.

    A token of the OPA server's API is taken from DATONG_ACCESS_OPA_TOKEN.
    """
    if opa and (coverage or threshold is not None):
        raise usage_fault("--coverage is measured by the embedded engine: leave out --opa")
    folder = policy_folder(path)
    from federation.gateway.engines import PolicyFault  # noqa: PLC0415
    from federation.gateway.engines.authoring.testing import try_folder  # noqa: PLC0415

    try:
        token = os.environ.get("DATONG_ACCESS_OPA_TOKEN")
        report = asyncio.run(try_folder(folder, opa, token))
    except PolicyFault as fault:
        raise policy_failure(fault) from None
    is_enough = threshold is None or report.percent >= threshold
    if format is Format.JSON:
        print_json(_to_json(report, coverage or threshold is not None))
    else:
        _print_failures(report.failed)
        if coverage or threshold is not None:
            _print_coverage(report)
    passed = len(report.results) - len(report.failed)
    err.print(f"{passed} passed, {len(report.failed)} failed on {report.engine}")
    if not is_enough:
        err.print(f"[red]{report.percent:.1f} % of the lines ran, {threshold:g} % must[/red]")
    if report.failed or not report.results or not is_enough:
        raise typer.Exit(1)


def _print_failures(failed: tuple[TestResult, ...]) -> None:
    for result in failed:
        stdout().print(
            f"[red]FAILED[/red] [bold]{plain(result.name)}[/bold]  {plain(result.place)}",
            soft_wrap=True,
        )
        table = Table("", "wanted", "got", box=None, padding=(0, 2, 0, 2))
        for each in result.differences:
            table.add_row(
                plain(each.what), f"[green]{plain(each.wanted)}[/]", f"[red]{plain(each.got)}[/]"
            )
        stdout().print(table)


def _print_coverage(report: TestReport) -> None:
    table = Table("file", "lines", "ran", "", "never ran", box=None, padding=(0, 2, 0, 0))
    for name, lines in report.lines.items():
        count = len(lines.covered) + len(lines.missed)
        percent = _percent(lines)
        colour = "green" if not lines.missed else "yellow" if percent >= 80 else "red"
        ran = str(len(lines.covered))
        table.add_row(name, str(count), ran, f"[{colour}]{percent:.0f} %[/]", _ranges(lines.missed))
    total = report.total
    count = len(total.covered) + len(total.missed)
    table.add_row("[bold]all[/]", str(count), str(len(total.covered)), f"{report.percent:.1f} %")
    stdout().print(table)


def _percent(lines: Lines) -> float:
    count = len(lines.covered) + len(lines.missed)
    return 100 * len(lines.covered) / count if count else 100.0


def _ranges(lines: frozenset[int]) -> str:
    """Line numbers such as ``3, 7-9``."""
    parts: list[list[int]] = []
    for line in sorted(lines):
        if parts and parts[-1][1] == line - 1:
            parts[-1][1] = line
        else:
            parts.append([line, line])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def _to_json(report: TestReport, with_coverage: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "engine": report.engine,
        "tests": [{**asdict(each), "passed": each.passed} for each in report.results],
    }
    if with_coverage:
        document["coverage"] = {
            "percent": round(report.percent, 2),
            "files": {
                name: {"covered": sorted(lines.covered), "missed": sorted(lines.missed)}
                for name, lines in report.lines.items()
            },
        }
    return document
