"""`datong policy`: tools of policy authors, one file for each command."""

import typer

from federation.cli.policy_bundle import bundle
from federation.cli.policy_coverage import coverage
from federation.cli.policy_diff import diff
from federation.cli.policy_explain import explain
from federation.cli.policy_lint import lint
from federation.cli.policy_revoke import revoke
from federation.cli.policy_test import run_tests

app = typer.Typer(help="Try, question and compare policies.", no_args_is_help=True)
app.command("test")(run_tests)
app.command("lint")(lint)
app.command("explain")(explain)
app.command("coverage")(coverage)
app.command("diff")(diff)
app.command("bundle")(bundle)
app.command("revoke")(revoke)


@app.callback()
def _root() -> None:
    pass
