"""`datong policy lint`: what a policy author should mend before anybody decides by it."""

from __future__ import annotations

from dataclasses import asdict

import typer

from federation.cli.option_groups import with_groups
from federation.cli.options import SchemaOptions
from federation.cli.policy_options import (
    DataOption,
    FolderArgument,
    Format,
    FormatOption,
    access_section,
    plain,
    policy_folders,
    read_catalogue,
    stdout,
)
from federation.cli.report import counted, err, print_json, schema_failure


@with_groups
def lint(
    path: FolderArgument = None,
    *,
    data: DataOption = None,
    given: SchemaOptions,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Say what is wrong with rules and data, by file and line; the status is 1 when anything is.

    Found are: what does not parse or load, functions that are not portable, names that the schemas
    do not know, data that hides rules, files that write foreign packages, department files that try
    to widen or are called like no organisation's subgraph, rules that read the time without saying
    until when their answer holds, tests that nobody runs, and grants that name what does not exist.
    With the schema of a federation also: what department files say of fields that are not theirs or
    do not exist.
    """
    settings = given.settings(access=access_section(path, data))
    folder, data_folder = policy_folders(settings)
    from federation.errors import SchemaError  # noqa: PLC0415
    from federation.gateway.engines.authoring.findings import check_folder  # noqa: PLC0415

    try:
        catalogue = read_catalogue(settings) if settings.schema.is_given else None
    except SchemaError as error:
        raise schema_failure(error) from None
    findings = check_folder(folder, data_folder, catalogue)
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
