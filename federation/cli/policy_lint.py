"""`datong policy lint`: what a policy author should mend before anybody decides by it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from federation.cli.policy_options import (
    DataOption,
    Format,
    FormatOption,
    data_folder,
    plain,
    policy_folder,
    stdout,
)
from federation.cli.report import counted, err, print_json


def lint(
    path: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="Policy folder; the delivered one.")
    ] = None,
    *,
    data: DataOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Say what is wrong with rules and data, by file and line; the status is 1 when anything is.

    Found are: what does not parse or load, functions that are not portable, names that the schemas
    do not know, data that hides rules, files that write foreign packages, department files that try
    to widen, rules that read the time without saying until when their answer holds, and grants that
    name what does not exist.
    """
    folder = policy_folder(path)
    from federation.gateway.engines.authoring.findings import check_folder  # noqa: PLC0415

    findings = check_folder(folder, data_folder(data))
    if format is Format.JSON:
        print_json({"findings": [asdict(each) for each in findings]})
    else:
        for each in findings:
            where = f"[bold]{plain(each.file)}:{each.line}:[/bold]"
            stdout().print(
                f"{where} {plain(each.message)} [dim]({each.code})[/dim]", soft_wrap=True
            )
    told = counted(len(findings), "finding")
    err.print(f"[red]{told}[/red]" if findings else "[green]no findings[/green]")
    if findings:
        raise typer.Exit(1)
