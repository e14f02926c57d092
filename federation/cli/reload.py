"""`datong reload`: schema, policies and grants anew in running gateways."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from federation.cli.admin_request import ask_admin
from federation.cli.options import ConfigOption, read_settings
from federation.cli.policy_options import plain
from federation.cli.report import err


def reload(
    *,
    config: ConfigOption = None,
    admin: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Admin listener [the one that the settings name]."),
    ] = None,
) -> None:
    """Make running gateways take up schema, policies and grants as they are now.

    With a shared store (access.store) all processes do so before the command ends. The status is 1
    when one refuses; what it answered with before stays. The token is server.admin_token, for
    example from DATONG_SERVER_ADMIN_TOKEN.
    """
    status, body = ask_admin(read_settings(config), admin, "POST", "/reload")
    if status == 200:
        err.print("[green]reloaded[/green]")
        return
    for name, fault in json.loads(body)["refused"].items():
        err.print(f"[red]refused[/red] by {plain(name)}: {plain(fault)}", soft_wrap=True)
    raise typer.Exit(1)
