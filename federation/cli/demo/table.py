"""The demo's table: caller by operation, with what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from federation.cli.demo.telling import Told

WIDTH = 160
"""Columns where there is no terminal to tell."""

WIDE = 130
"""From here on what was answered, masked, denied and asked stand side by side."""


def print_table(told: Iterable[Told], console: Console | None = None) -> None:
    """The table on stdout, and below it whatever is not as it must be."""
    if console is None:
        console = Console(highlight=False, width=None if Console().is_terminal else WIDTH)
    is_wide = console.width >= WIDE
    table = Table(title="Five stories, several callers", show_lines=True, title_justify="left")
    table.add_column("operation and caller", overflow="fold", min_width=20)
    if is_wide:
        table.add_column("answered", overflow="fold", ratio=3)
        table.add_column("masked", overflow="fold", ratio=2)
        table.add_column("denied, and why", overflow="fold", ratio=3)
        table.add_column("departments asked", no_wrap=True)
    else:
        table.add_column("what came of it", overflow="fold", ratio=1)
    table.add_column("ms", justify="right", no_wrap=True)
    table.add_column("answer is", no_wrap=True)
    faults: list[str] = []
    for each in told:
        run = each.run
        table.add_row(
            f"[bold]{run.operation}[/bold]\n{run.caller}\n[dim]{run.says}[/dim]",
            *(_columns(each) if is_wide else _lines(each)),
            f"{each.milliseconds:.0f}",
            "[red]WRONG[/red]" if each.faults else "[green]right[/green]",
        )
        faults += [f"{run.operation} by {run.caller}: {fault}" for fault in each.faults]
    console.print(table)
    for fault in faults:
        console.print(fault, style="red", markup=False)


def _columns(told: Told) -> tuple[str, ...]:
    return (
        escape(summary(told.data)),
        "\n".join(f"{name} ({mask})" for name, mask in told.masked.items()) or "–",
        "\n".join(f"{name}: {why}" for name, why in told.denied.items()) or "–",
        "\n".join(told.departments) or "none",
    )


def _lines(told: Told) -> tuple[str]:
    names = ("answered", "masked", "denied", "asked")
    parts = zip(names, _columns(told), strict=True)
    lines = [(name, text.replace("\n", "; ")) for name, text in parts if text != "–"]
    return ("\n".join(f"[dim]{name}[/dim] {text}" for name, text in lines),)


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
