"""The demo from start to end: departments, policy engine, gateway, stories, and waiting."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from federation.cli.demo.callers import CALLERS
from federation.cli.demo.departments import FIRST_PORT, Departments, start_departments
from federation.cli.demo.keys import CONSENT_ISSUER, ISSUER, DemoKeys, load_keys
from federation.cli.demo.opa import start_opa
from federation.cli.demo.processes import (
    NotStarted,
    Process,
    Processes,
    free_ports,
    last_words,
    processes,
    wait_until_healthy,
)
from federation.cli.demo.session import write_session
from federation.cli.demo.table import print_table
from federation.cli.demo.telling import Told, tell_all
from subgraphs.world import store
from subgraphs.world.faults import DatabaseUnusable

GATEWAY_PORT = 14300
START_SECONDS = 120.0
EXAMPLE = "{ citizens(first: 2) { totalCount edges { node { name regionCode } } } }"

console = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Options:
    """How the demo runs.

    Attributes:
        opa: ``embedded``, ``server``, or the URL of an OPA server.
        database: PostgreSQL URL; None takes SQLite files.
        size: Of the demo data.
    """

    once: bool
    opa: str
    database: str | None
    port: int
    size: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs when the stories are told."""

    keys: DemoKeys
    departments: list[Process]
    gateway: Process


def run_demo(options: Options) -> int:
    """The exit code: 0 when every story came out right, 1 otherwise."""
    _end_on_signals()
    keys = load_keys()
    with processes(keys.folder) as group:
        try:
            _make_data(options)
            stage = asyncio.run(_start(group, keys, options))
            told = asyncio.run(_tell(stage))
        except NotStarted as error:
            console.print(f"error: {error}", style="red", markup=False)
            return 1
        print_table(told)
        if not options.once:
            _say_where(stage)
        _say_how_to_verify(keys)
        if not options.once:
            _wait(group)
    return 1 if any(each.faults for each in told) else 0


def _make_data(options: Options) -> None:
    """Fills the departments' databases where they are not.

    Raises:
        NotStarted: PostgreSQL cannot be used.
    """
    try:
        store.ensure(base=options.database, size=options.size)
    except DatabaseUnusable as fault:
        raise NotStarted(str(fault)) from None


def _end_on_signals() -> None:
    def leave(_: int, __: FrameType | None) -> None:
        sys.exit(143)

    signal.signal(signal.SIGTERM, leave)
    # A shell that starts it in the background has Ctrl-C ignored; then nothing else would end it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


async def _start(group: Processes, keys: DemoKeys, options: Options) -> Stage:
    ports = free_ports(FIRST_PORT, 8)
    gateway_port = free_ports(options.port, 1, ports)[0]
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("starting eight departments", total=9)
        running = start_departments(group, ports, keys, options.database, options.size)
        access = await start_opa(group, keys, options.opa)
        gateway = _start_gateway(group, keys, running, gateway_port, access)

        async def ready(process: Process, path: str) -> None:
            await wait_until_healthy(process, path, START_SECONDS)
            bar.update(task, advance=1, description=f"{process.name} is ready")

        await asyncio.gather(
            *(ready(process, "/health") for process in running), ready(gateway, "/ready")
        )
    return Stage(keys, running, gateway)


def _start_gateway(
    group: Processes, keys: DemoKeys, running: list[Process], port: int, access: dict[str, Any]
) -> Process:
    settings: dict[str, dict[str, Any]] = {
        "server": {"port": port, **access.pop("server", {})},
        "http": {"debug_extensions": True},
        "identity": {
            "jwks": keys.file("issuer.jwks.json"),
            "issuer": ISSUER,
            "consent_jwks": keys.file("consent.jwks.json"),
            "consent_issuers": [CONSENT_ISSUER],
        },
        "signing": {"key_file": keys.file("context.pem")},
        "access": {**access, "mask_key_file": keys.file("mask.key")},
        "audit": {
            "database": f"sqlite+aiosqlite:///{keys.file('audit.sqlite')}",
            "key_file": keys.file("audit.key"),
            "head_key_file": keys.file("head.pem"),
        },
        "schema": {"subgraphs": {process.name: f"{process.url}/graphql" for process in running}},
    }
    config = keys.folder / "datong.toml"
    config.touch(mode=0o600)
    config.write_text(_toml(settings))
    command = [sys.executable, "-m", "federation.cli", "serve", "--config", str(config)]
    command += ["--demo-session", write_session(keys)]
    return group.start("gateway", f"http://127.0.0.1:{port}", command, {})


def _toml(settings: dict[str, dict[str, Any]]) -> str:
    """Settings as TOML, whose strings, numbers and lists are written as in JSON."""
    lines: list[str] = []
    for section, keys in settings.items():
        lines.append(f"[{section}]")
        for key, value in keys.items():
            text = json.dumps(value)
            if isinstance(value, dict):
                pairs = (f"{name} = {json.dumps(each)}" for name, each in value.items())
                text = f"{{{', '.join(pairs)}}}"
            lines.append(f"{key} = {text}")
    return "\n".join(lines) + "\n"


async def _tell(stage: Stage) -> list[Told]:
    departments = Departments(stage.departments, stage.keys)
    return await tell_all(stage.gateway.url, stage.keys, departments)


def _say_where(stage: Stage) -> None:
    url, command = stage.gateway.url, _own_command()
    _say("The page:", f"{url}/  (pick a caller and a story)")
    _say("GraphQL:", f"{url}/graphql")
    _say(
        "Tokens:",
        f"{command} demo token CALLER",
        "where CALLER is one of",
        *(f"  {each}" for each in CALLERS),
    )
    _say(
        "Try:",
        f"curl {url}/graphql \\",
        f'  -H "Authorization: Bearer $({command} demo token county-officer)" \\',
        "  -H 'Datong-Purpose: data-return' -H 'Content-Type: application/json' \\",
        f"  -d '{json.dumps({'query': EXAMPLE})}'",
    )


def _say_how_to_verify(keys: DemoKeys) -> None:
    config = keys.file("datong.toml")
    _say("Audit trail:", f"{_own_command()} audit verify \\", f"  --config {config}")


def _say(heading: str, *lines: str) -> None:
    """A heading and lines to copy: they are not wrapped, however long they are."""
    for line in (heading, *(f"  {each}" for each in lines)):
        console.print(line, markup=False, soft_wrap=True)


def _own_command() -> str:
    """How this command was called, as a person would type it again."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{sys.executable} -m federation.cli"
    return str(called)


def _wait(group: Processes) -> None:
    console.print("\nEverything keeps running; [bold]Ctrl-C[/bold] stops it.")
    try:
        while True:
            time.sleep(0.5)
            dead = group.dead()
            if dead is not None:
                console.print(f"{dead.name} ended:\n{last_words(dead)}", style="red", markup=False)
                return
    except KeyboardInterrupt:
        console.print("\nstopping")
