"""Operations and variables as the command line names them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from federation.cli.report import usage_fault
from federation.gateway import text_files

if TYPE_CHECKING:
    from federation.query_graph import LabelledGraphs, QueryGraph

OperationArgument = Annotated[
    Path, typer.Argument(metavar="OPERATION", help="File with the operation; - reads stdin.")
]
NameOption = Annotated[
    str | None, typer.Option("--name", help="Which operation of the document is meant.")
]
VariablesOption = Annotated[
    str | None, typer.Option("--variables", metavar="JSON|@FILE", help="Values of its variables.")
]


LabelOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LABEL",
        help="Label of a progressive @override that is switched on; repeatable.",
    ),
]


def graph_under(labels: list[str] | None, graphs: LabelledGraphs) -> QueryGraph:
    """The query graph with labels switched on; ends the command where one does not exist."""
    for label in labels or ():
        if label not in graphs.labels:
            known = ", ".join(graphs.labels) or "none"
            raise usage_fault(f"--override-label {label}: no field has it. Labels are: {known}")
    return graphs.graph(frozenset(labels or ()))


def read_operation(file: Path) -> str:
    """The text of an operation; ends the command with status 2 when there is none."""
    return sys.stdin.read() if str(file) == "-" else read_text(file, str(file))


def read_text(file: Path, named: str) -> str:
    """The text of a file that the command line names so; ends the command with status 2 without."""
    try:
        return text_files.read_text(file, named)
    except text_files.UnreadableText as fault:
        raise usage_fault(str(fault)) from None


def read_object(text: str | None, option: str) -> dict[str, Any]:
    """A JSON object given as text or, after `@`, as a file; empty when it is not given."""
    if text is None:
        return {}
    if text.startswith("@"):
        text = read_text(Path(text[1:]), f"{option} {text}")
    try:
        value = json.loads(text)
    except ValueError as error:
        raise usage_fault(f"{option}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise usage_fault(f"{option}: a JSON object is expected")
    return value
