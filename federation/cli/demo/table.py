"""The demo's table: caller by operation, with what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from federation.cli.demo.telling import Told

_SHORT = {
    "public_security": "police",
    "market_regulation": "market",
    "human_resources": "insurance",
    "housing_fund": "fund",
    "natural_resources": "land",
}


def print_table(told: Iterable[Told]) -> None:
    """The table on stdout, and below it whatever is not as it must be."""
    table = Table(title="Five stories, several callers", show_lines=True, title_justify="left")
    table.add_column("operation and caller", no_wrap=True)
    table.add_column("answered", ratio=3)
    table.add_column("masked", ratio=2)
    table.add_column("denied, and why", ratio=3)
    table.add_column("departments asked", ratio=2)
    table.add_column("ms", justify="right")
    table.add_column("", no_wrap=True)
    faults: list[str] = []
    for each in told:
        run = each.run
        table.add_row(
            f"[bold]{run.operation}[/bold]\n{run.caller}\n[dim]{run.says}[/dim]",
            summary(each.data),
            "\n".join(f"{name} ({mask})" for name, mask in each.masked.items()) or "–",
            "\n".join(f"{name}: {why}" for name, why in each.denied.items()) or "–",
            ", ".join(_SHORT.get(name, name) for name in each.departments) or "none",
            f"{each.milliseconds:.0f}",
            "[red]WRONG[/red]" if each.faults else "[green]right[/green]",
        )
        faults += [f"{run.operation} by {run.caller}: {fault}" for fault in each.faults]
    console = Console(highlight=False, width=None if Console().is_terminal else 160)
    console.print(table)
    for fault in faults:
        console.print(fault, style="red", markup=False)


def summary(data: Any) -> str:
    """An answer in a few words: its first values, and how many there are."""
    values = [f"{name} {value}" for name, value in _leaves("", data) if value is not None]
    if not values:
        return "nothing"
    shown = ", ".join(values[:4])
    return f"{shown} … {len(values)} values" if len(values) > 4 else shown


def _leaves(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(name, inner)
    else:
        yield name, value
