"""All commands under one name."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from federation.cli.report import log_for_people, usage_fault
from federation.gateway.config import InvalidConfig

# Name to module and the command or group there. Only the module of the command that runs is
# imported: a gateway keeps for all its life whatever was.
_COMMANDS = {
    "serve": ("federation.cli.serve", "serve"),
    "reload": ("federation.cli.reload", "reload"),
    "compose": ("federation.cli.compose", "compose_command"),
    "plan": ("federation.cli.plan", "plan_command"),
    "explain": ("federation.cli.explain", "explain"),
    "demo": ("federation.cli.demo", "app"),
    "audit": ("federation.cli.audit", "app"),
    "policy": ("federation.cli.policy", "app"),
    "access": ("federation.cli.access", "app"),
    "schema": ("federation.cli.schema", "app"),
}


class _Commands(Mapping[str, Any]):
    """The commands by name, made when they are looked at."""

    def __getitem__(self, name: str) -> Any:
        return _load(name, *_COMMANDS[name])

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS)

    def __len__(self) -> int:
        return len(_COMMANDS)


@cache
def _load(name: str, module: str, attribute: str) -> Any:
    found = getattr(import_module(module), attribute)
    alone = _typer()
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(found)
    return typer.main.get_group(alone).commands[name]


class _Root(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": _Commands()})

    def invoke(self, ctx: Any) -> Any:
        """Runs a command; a setting that cannot be used may show only when it is used."""
        log_for_people()
        try:
            return super().invoke(ctx)
        except InvalidConfig as error:
            raise usage_fault(str(error)) from None


def _typer(**settings: Any) -> typer.Typer:
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        **settings,
    )


app = _typer(
    cls=_Root,
    name="datong",
    help="One GraphQL endpoint over every department's data, with policy before the query.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from federation import __version__  # noqa: PLC0415 (looked up when it is asked for)

        typer.echo(f"datong {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    pass
