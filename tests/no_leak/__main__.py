"""The no-leak claims that make sense anywhere, tried on a gateway of whatever make (README.md).

    python -m tests.no_leak --gateway 'CMD --port {port} --supergraph {supergraph}'
    python -m tests.no_leak --url http://127.0.0.1:4000/graphql --port 14400 --folder graph

Status 0: all claims held or could not be tried; 1: something leaks; 2: no gateway answered.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from federation.cli.report import err, print_json, usage_fault
from tests.no_leak.anywhere.claims import CLAIMS, Claim, Needs
from tests.no_leak.anywhere.gateways import GatewayMissing, started, wait_for
from tests.no_leak.anywhere.graph import SDL, without_scopes
from tests.no_leak.anywhere.try_claims import Finding, to_json, try_claims
from tests.no_leak.anywhere.world import AUDITOR, CLERK, World, open_world

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
COLOURS = {"held": "green", "leaks": "red", "untested": "yellow"}


@app.command()
def main(
    *,
    gateway: Annotated[
        str | None,
        typer.Option(
            metavar="CMD",
            help="Command that starts a gateway in the foreground; may contain {port},"
            " {supergraph}, {subgraphs}, {sdl_dir}, {pairs}, {jwks}, {folder}.",
        ),
    ] = None,
    url: Annotated[str | None, typer.Option(help="Endpoint of a gateway that you start.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Where SDL, supergraph and keys are written [temporary].")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the subgraphs [a free one].")] = 0,
    path: Annotated[str, typer.Option(help="Path of the endpoint, for --gateway.")] = "/graphql",
    caller: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHO=HEADER: VALUE",
            help="Header of the clerk (no scope) or the auditor (scope `secrets`), in place of the"
            " suite's own tokens; can be repeated.",
        ),
    ] = None,
    scopes: Annotated[
        bool,
        typer.Option(help="Whether the gateway knows @requiresScopes; some refuse such a graph."),
    ] = True,
    only: Annotated[
        list[str] | None, typer.Option(help="Name of a claim to try; can be repeated.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Until the gateway must answer.")] = 60.0,
    output: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Try the claims of no leak on a federation gateway."""
    if (gateway is None) == (url is None):
        raise usage_fault("give a gateway: either --gateway CMD or --url URL")
    claims = _chosen(only or [])
    headers = _headers(caller or [])
    sdl = SDL if scopes else {name: without_scopes(text) for name, text in SDL.items()}
    with _kept(folder) as place, open_world(place, sdl, port) as world:
        world.callers.update(headers)
        try:
            if gateway is not None:
                with started(gateway, place, world, path, seconds) as world.url:
                    findings = try_claims(world, claims, with_scopes=scopes)
            else:
                world.url = url or ""
                _tell(world, place)
                wait_for(world.url, world, seconds)
                findings = try_claims(world, claims, with_scopes=scopes)
        except GatewayMissing as missing:
            raise usage_fault(str(missing)) from None
    _report(findings, output)
    if any(each.verdict == "leaks" for each in findings):
        raise typer.Exit(1)


def _chosen(names: list[str]) -> list[Claim]:
    known = {each.name: each for each in CLAIMS}
    for name in names:
        if name not in known:
            raise usage_fault(f"--only {name}: the claims are {', '.join(known)}")
    return [known[name] for name in names] or CLAIMS


def _headers(given: list[str]) -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = {}
    for text in given:
        who, equals, header = text.partition("=")
        name, colon, value = header.partition(":")
        if who not in {CLERK, AUDITOR} or not equals or not colon:
            raise usage_fault(f"--caller {text}: write '{CLERK}=Header: value' or '{AUDITOR}=...'")
        read.setdefault(who, {})[name.strip().lower()] = value.strip()
    return read


@contextmanager
def _kept(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="no-leak-") as name:
        yield Path(name)


def _tell(world: World, folder: Path) -> None:
    """What whoever starts the gateway needs to know."""
    err.print(f"subgraphs    http://127.0.0.1:{world.port}/NAME")
    for file in sorted(folder.iterdir()):
        err.print(f"written      {file}")
    for who, headers in world.callers.items():
        for name, value in headers.items():
            err.print(f"{who:<12} {name}: {value}")
    err.print(f"waiting for  {world.url}")


def _report(findings: list[Finding], output: str) -> None:
    if output == "json":
        print_json([to_json(each) for each in findings])
        return
    console = Console(highlight=False, soft_wrap=True)
    reasons: set[tuple[str, ...]] = set()
    for needs, heading in (
        (Needs.NOTHING, "hidden by federation itself"),
        (Needs.SCOPES, "hidden from who lacks a scope"),
        (Needs.VIEWS, "names hidden from who lacks a scope"),
    ):
        listed = [each for each in findings if each.claim.needs is needs]
        if listed:
            console.print(f"[bold]{heading}[/bold]")
        for each in listed:
            colour = COLOURS[each.verdict]
            console.print(f"  [{colour}]{each.verdict:<9}[/{colour}] {each.claim.says}")
            if each.details not in reasons:
                for detail in each.details:
                    console.print(f"            {detail}", markup=False)
            if each.verdict == "untested":
                reasons.add(each.details)
    counts = Counter(each.verdict for each in findings)
    console.print(", ".join(f"{counts[name]} {name}" for name in COLOURS))


if __name__ == "__main__":
    app()
