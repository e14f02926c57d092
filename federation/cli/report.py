"""What commands say to people: everything here goes to stderr, stdout holds data alone."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from federation.errors import Diagnostic, FederationError, InvalidOperation, SchemaError, Severity

if TYPE_CHECKING:
    from rich.console import Console


class _Err:
    """What stands behind stderr now; rich is not imported before there is something to say."""

    @property
    def _console(self) -> Console:
        from rich.console import Console  # noqa: PLC0415

        return Console(stderr=True, highlight=False, soft_wrap=True)

    @property
    def is_terminal(self) -> bool:
        """Whether somebody looks on."""
        return self._console.is_terminal

    def print(self, *what: Any, **how: Any) -> None:
        """See ``rich.console.Console.print``."""
        self._console.print(*what, **how)

    @contextmanager
    def at_work(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """Tells whoever looks on what takes so long, and for how long already.

        Yields:
            To be called with how many records are done, and of how many, where that is known.
        """
        if not self.is_terminal:
            yield lambda _done, _total: None
            return
        from rich.progress import (  # noqa: PLC0415
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        with Progress(*columns, console=self._console, transient=True) as shown:
            task = shown.add_task(what, total=None)

            def tell(done: int, total: int) -> None:
                shown.update(task, description=f"{what}: {done:,} of {total:,} records")

            yield tell


err = _Err()


_LAST_RESORT = logging.lastResort


class _Log(logging.Handler):
    """Says what is logged in sentences, each once; what has none is logged as always."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        sentence = getattr(record, "sentence", None)
        if sentence is None:
            if _LAST_RESORT is not None:
                _LAST_RESORT.handle(record)
        elif sentence not in self._told:
            self._told.add(sentence)
            err.print(f"[yellow]warning:[/yellow] {_plain(sentence)}")


def log_for_people() -> None:
    """Makes sentences of log lines, wherever no log is set up as a gateway does."""
    logging.lastResort = _Log()


def usage_fault(message: str) -> typer.Exit:
    """Says what is wrong with the command line; the exit to raise, with status 2."""
    err.print(f"[red]error:[/red] {_plain(message)}")
    return typer.Exit(2)


def failure(error: FederationError | str) -> typer.Exit:
    """Says why the command found something wrong; the exit to raise, with status 1."""
    if isinstance(error, InvalidOperation) and error.errors:
        for fault in error.errors:
            place = ":".join(map(str, fault.locations[0])) + ": " if fault.locations else ""
            err.print(f"[red]error:[/red] {place}{_plain(fault.message)} [dim]({error.code})[/dim]")
    elif isinstance(error, FederationError):
        err.print(f"[red]error:[/red] {_plain(error.message)} [dim]({error.code})[/dim]")
    else:
        err.print(f"[red]error:[/red] {_plain(error)}")
    return typer.Exit(1)


def schema_failure(error: SchemaError) -> typer.Exit:
    """Says why there is no usable schema, every finding included; the exit to raise."""
    print_diagnostics(getattr(error, "diagnostics", ()))
    return failure(error)


def progress(line: str) -> None:
    """One line of progress; a starting gateway says some, and does without rich."""
    typer.secho(line, dim=True, err=True)


def print_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Findings one below the other, errors first: code, places, what is wrong, how to fix it.

    A place stands alone on its line, whatever the width: it is what people copy.
    """
    found = sorted(diagnostics, key=lambda d: (d.severity.value, d.code, str(d.coordinate)))
    if not found:
        return
    for diagnostic in found:
        is_error = diagnostic.severity is Severity.ERROR
        severity = "[red]error[/red]" if is_error else "[yellow]hint[/yellow]"
        err.print(f"{severity} [bold]{diagnostic.code}[/bold]")
        for place in diagnostic.locations or filter(None, (diagnostic.coordinate,)):
            err.print(f"  {_plain(str(place))}")
        _print_indented(_plain(diagnostic.message))
        if diagnostic.fix:
            _print_indented(f"[green]fix:[/green] {_plain(diagnostic.fix)}")
    errors = sum(d.severity is Severity.ERROR for d in found)
    err.print(f"{counted(errors, 'error')}, {counted(len(found) - errors, 'hint')}")


def counted(number: int, what: str) -> str:
    """A number and what is counted, in words: ``1 error``, ``2 errors``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _print_indented(text: str) -> None:
    # Only for eyes: lines in a file are searched, and stay whole.
    if err.is_terminal:
        from rich.padding import Padding  # noqa: PLC0415

        err.print(Padding(text, (0, 0, 0, 2)), soft_wrap=False)
    else:
        err.print(f"  {text}")


def diagnostic_to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """A finding for machines."""
    from federation.composition.hint_levels import hint_level  # noqa: PLC0415

    return {
        "severity": diagnostic.severity.value,
        "level": level.name.lower() if (level := hint_level(diagnostic)) else None,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "coordinate": str(diagnostic.coordinate) if diagnostic.coordinate else None,
        "locations": [
            {
                "subgraph": place.subgraph,
                "file": place.file,
                "line": place.line,
                "column": place.column,
            }
            for place in diagnostic.locations
        ],
        "fix": diagnostic.fix,
    }


def print_json(value: Any) -> None:
    """Data on stdout, readable by people too."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _plain(text: str) -> str:
    """Text that holds no markup for rich."""
    return text.replace("[", r"\[")
