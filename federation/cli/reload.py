"""`datong reload`: schema, policies and grants anew in running gateways."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Annotated

import typer

from federation.cli.options import ConfigOption, read_settings
from federation.cli.report import err, failure, usage_fault

WAIT_SECONDS = 150.0


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
    settings = read_settings(config)
    if admin is None and not settings.server.admin_port:
        raise usage_fault("no admin listener is known: give --admin URL, or set server.admin_port")
    url = admin or f"http://{settings.server.admin_host}:{settings.server.admin_port}"
    if not url.startswith(("http://", "https://")):
        raise usage_fault(f"--admin {url}: a URL such as http://127.0.0.1:14399 is expected")
    request = urllib.request.Request(  # noqa: S310 - http and https only, checked above
        f"{url.rstrip('/')}/reload",
        method="POST",
        headers={"authorization": f"Bearer {settings.server.admin_token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS):  # noqa: S310
            err.print("[green]reloaded[/green]")
            return
    except urllib.error.HTTPError as error:
        with error:
            status, body = error.code, error.read()
    except OSError as error:
        raise failure(f"{url} cannot be reached: {error}") from None
    if status != 409:
        raise failure(f"{url} answers with status {status}; is server.admin_token its token?")
    for name, fault in json.loads(body)["refused"].items():
        err.print(f"[red]refused[/red] by {name}: {fault}", markup=True, soft_wrap=True)
    raise typer.Exit(1)
