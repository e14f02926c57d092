"""All commands under one name."""

import typer

from federation import __version__
from federation.cli.access import app as access
from federation.cli.audit import app as audit
from federation.cli.compose import compose_command
from federation.cli.demo import app as demo
from federation.cli.explain import explain
from federation.cli.plan import plan_command
from federation.cli.policy import app as policy
from federation.cli.reload import reload
from federation.cli.schema import app as schema
from federation.cli.serve import serve

app = typer.Typer(
    name="datong",
    help="One GraphQL endpoint over every department's data, with policy before the query.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve)
app.command("reload")(reload)
app.command("compose")(compose_command)
app.command("plan")(plan_command)
app.command("explain")(explain)
app.add_typer(demo, name="demo")
app.add_typer(audit, name="audit")
app.add_typer(policy, name="policy")
app.add_typer(access, name="access")
app.add_typer(schema, name="schema")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"datong {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    pass
