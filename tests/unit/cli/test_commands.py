"""The commands: what they print where, and with which status they end."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from federation.cli.app import app

PRODUCTS = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { product: Product }
type Product @key(fields: "id") { id: ID! name: String }
"""
STOCK = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { ping: String }
type Product @key(fields: "id") { id: ID! inStock: Int }
"""
BROKEN = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { name: Int }
type Product @key(fields: "nothing") { id: ID! name: Int }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_list(tmp_path, "good.json", products=PRODUCTS, stock=STOCK)
    write_list(tmp_path, "bad.json", products=PRODUCTS, stock=BROKEN)
    (tmp_path / "q.graphql").write_text("query Q { product { name inStock } }")
    return tmp_path


def write_list(folder: Path, name: str, **sdls: str) -> None:
    for subgraph, sdl in sdls.items():
        (folder / f"{name}.{subgraph}.graphql").write_text(sdl)
    entries = [
        {"name": each, "url": f"http://127.0.0.1:9/{each}", "file": f"{name}.{each}.graphql"}
        for each in sdls
    ]
    (folder / name).write_text(json.dumps(entries))


@dataclass(frozen=True)
class Done:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


def datong(folder: Path, *arguments: str, stdin: str = "", **environment: str) -> Done:
    """The command, run in this process: starting one takes longer than most commands."""
    # What the user's own commands kept is told, too.
    alone = {"COLUMNS": "200", "XDG_CACHE_HOME": str(folder / ".cache")}
    runner = CliRunner(env={**alone, **environment})
    with contextlib.chdir(folder):
        result = runner.invoke(app, arguments, input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def test_the_installed_command_runs_and_tells_its_version() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "federation.cli", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("datong ")


def test_compose_prints_the_supergraph_and_nothing_else_on_stdout(folder: Path) -> None:
    done = datong(folder, "compose", "--subgraphs", "good.json")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("schema")
    assert "join__Graph" in done.stdout


def test_compose_prints_the_api_schema_when_asked(folder: Path) -> None:
    done = datong(folder, "compose", "--subgraphs", "good.json", "--api")

    assert "inStock" in done.stdout
    assert "join__" not in done.stdout


def test_compose_says_what_is_wrong_where_and_ends_with_1(folder: Path) -> None:
    done = datong(folder, "compose", "--subgraphs", "bad.json")

    assert (done.returncode, done.stdout) == (1, "")
    assert "KEY_INVALID_FIELDS" in done.stderr
    assert "bad.json.stock.graphql:4:" in done.stderr


@pytest.mark.parametrize("on_a_terminal", ["", "1"])
def test_a_finding_keeps_its_places_whole_at_any_width(folder: Path, on_a_terminal: str) -> None:
    long_name = "a_department_with_a_rather_long_name_and_an_even_longer_file_of_its_own.json"
    write_list(folder, long_name, products=PRODUCTS, stock=BROKEN)

    done = datong(
        folder, "compose", "--subgraphs", long_name, COLUMNS="40", FORCE_COLOR=on_a_terminal
    )

    lines = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr).splitlines()
    places = [line.strip() for line in lines if ".graphql:" in line]
    assert f"{long_name}.stock.graphql:4:48" in places
    assert "…" not in done.stderr
    wrapped = all(len(line) <= 40 for line in lines if "fix:" in line)
    assert wrapped == bool(on_a_terminal)


def test_compose_gives_findings_to_machines(folder: Path) -> None:
    done = datong(folder, "compose", "--subgraphs", "bad.json", "--format", "json")

    document = json.loads(done.stdout)
    assert (done.returncode, document["sdl"]) == (1, None)
    found = document["diagnostics"][0]
    assert found["code"]
    assert found["locations"][0]["line"] > 0


def test_compose_tells_machines_that_an_sdl_cannot_be_read(folder: Path) -> None:
    entry = {"name": "stock", "url": "", "file": "absent.graphql"}
    (folder / "absent.json").write_text(json.dumps([entry]))

    done = datong(folder, "compose", "--subgraphs", "absent.json", "--format", "json")

    document = json.loads(done.stdout)
    assert (done.returncode, document["sdl"], document["diagnostics"]) == (1, None, [])
    assert document["error"]["code"] == "SCHEMA_UNAVAILABLE"
    assert "subgraph stock" in document["error"]["message"]


def test_compose_shows_hints_of_the_level_asked_for(folder: Path) -> None:
    unused = "type Query { a: Int } enum State { OPEN }"
    write_list(folder, "unused.json", products=unused)

    usual = datong(folder, "compose", "--subgraphs", "unused.json")
    every = datong(
        folder, "compose", "--subgraphs", "unused.json", "--hints", "debug", "-o", "absent/out"
    )

    assert (usual.returncode, usual.stderr) == (0, "")
    assert "UNUSED_ENUM_TYPE" in every.stderr
    assert "absent/out: cannot be written" in every.stderr
    assert every.returncode == 1


def test_plan_prints_the_plan_of_a_file_or_of_stdin(folder: Path) -> None:
    from_file = datong(folder, "plan", "q.graphql", "--subgraphs", "good.json")
    text = (folder / "q.graphql").read_text()
    from_stdin = datong(folder, "plan", "-", "--subgraphs", "good.json", stdin=text)

    assert from_file.returncode == 0, from_file.stderr
    assert from_file.stdout.count("Fetch(service:") == 2
    assert from_file.stdout == from_stdin.stdout


def test_plan_has_a_form_for_people_and_one_for_tools(folder: Path) -> None:
    tree = datong(folder, "plan", "q.graphql", "--subgraphs", "good.json", "--tree")
    tool = datong(folder, "plan", "q.graphql", "--subgraphs", "good.json", "--format", "json")
    both = datong(
        folder, "plan", "q.graphql", "--subgraphs", "good.json", "--tree", "--format", "json"
    )

    assert "├─ round 1" in tree.stdout
    assert json.loads(tool.stdout)["kind"] == "QueryPlan"
    assert both.returncode == 2


def test_plan_under_a_label_that_no_field_has_is_refused(folder: Path) -> None:
    done = datong(
        folder, "plan", "q.graphql", "--subgraphs", "good.json", "--override-label", "later"
    )

    assert done.returncode == 2
    assert "Labels are: none" in done.stderr


def test_plan_of_an_invalid_operation_names_the_place(folder: Path) -> None:
    done = datong(folder, "plan", "-", "--subgraphs", "good.json", stdin="{ nothing }")

    assert (done.returncode, done.stdout) == (1, "")
    assert "1:3: " in done.stderr
    assert "GRAPHQL_VALIDATION_FAILED" in done.stderr


@pytest.mark.parametrize(
    ("stage", "shows"),
    [
        ("subgraphs", "products (federation 2.3)"),
        ("composition", "no findings"),
        ("supergraph", "join__Graph"),
        ("api", "inStock"),
        ("query-graph", "products/Product (object) [id]"),
        ("query-graph-dot", "digraph query_graph {"),
        ("operation", "query Q"),
        ("question", '"contract": 1'),
        ("decision", "allow"),
        ("restriction", "inStock"),
        ("candidates", "* "),
        ("candidates-dot", "digraph candidates {"),
        ("plan", "Flatten"),
        ("plan-dot", "digraph plan {"),
        ("fetches", "_entities"),
        ("response", "SUBGRAPH_UNREACHABLE"),
    ],
)
def test_explain_prints_every_stage(folder: Path, stage: str, shows: str) -> None:
    done = datong(folder, "explain", "q.graphql", "--subgraphs", "good.json", "--stage", stage)

    assert done.returncode == 0, done.stderr
    assert shows in done.stdout


@pytest.mark.parametrize("name", ["stock.graphql", "../sdl/stock", "C:\\stock.gql"])
def test_a_file_name_where_sdl_belongs_is_recognised(folder: Path, name: str) -> None:
    entry = {"name": "stock", "url": "http://127.0.0.1:9", "sdl": name}
    (folder / "list.json").write_text(json.dumps([entry]))

    done = datong(folder, "compose", "--subgraphs", "list.json")

    assert (done.returncode, done.stdout) == (1, "")
    assert f'"file": "{name}"' in done.stderr


def test_explain_of_a_composition_with_errors_ends_with_1(folder: Path) -> None:
    done = datong(folder, "explain", "--subgraphs", "bad.json", "--stage", "composition")

    assert done.returncode == 1
    assert "error FIELD_TYPE_MISMATCH" in done.stdout


@pytest.mark.parametrize(
    ("stage", "needs_values"),
    [
        ("operation", False),
        ("question", True),
        ("decision", True),
        ("restriction", False),
        ("candidates", False),
        ("plan", False),
        ("plan-dot", False),
        ("fetches", False),
        ("response", True),
    ],
)
def test_only_stages_that_look_at_values_of_variables_demand_them(
    folder: Path, stage: str, needs_values: bool
) -> None:
    write_list(folder, "list.json", products=PRODUCTS.replace("product:", "product(id: ID!):"))
    text = "query($id: ID!) { product(id: $id) { name } }"

    done = datong(folder, "explain", "-", "--subgraphs", "list.json", "--stage", stage, stdin=text)

    missing = "Variable '$id'" in f"{done.stderr}{done.stdout}"
    assert missing == needs_values, done
    assert needs_values or "name" in done.stdout


def test_the_plan_for_a_caller_demands_values_since_access_can_depend_on_them(folder: Path) -> None:
    write_list(folder, "list.json", products=PRODUCTS.replace("product:", "product(id: ID!):"))
    text = "query($id: ID!) { product(id: $id) { name } }"

    done = datong(folder, "explain", "-", "--subgraphs", "list.json", "--caller", "{}", stdin=text)

    assert done.returncode == 1
    assert "$id" in done.stderr


def test_the_query_graph_shows_which_subgraph_is_entered_from_where_by_which_key(
    folder: Path,
) -> None:
    done = datong(folder, "explain", "--subgraphs", "good.json", "--stage", "query-graph")

    lines = done.stdout.splitlines()
    products = lines.index("products/Product (object) [id]")
    assert "  -> stock/Product by [id]" in lines[products:]
    assert "  -> products/Product by [id]" in lines[lines.index("stock/Product (object) [id]") :]


CITIZENS = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  @link(url: "https://specs.datong.dev/governance/v1.0",
    import: ["@classified", "@dataSubject", "@filters", "@sharing"])
type Query {
  citizen(idNumber: ID! @filters(field: "Citizen.idNumber")): Citizen
    @classified(level: 1) @sharing(class: UNCONDITIONAL)
}
type Citizen @key(fields: "idNumber") {
  idNumber: ID! @dataSubject @classified(level: 3) @sharing(class: CONDITIONAL)
  name: String @classified(level: 2) @sharing(class: CONDITIONAL)
}
"""


@pytest.mark.parametrize(
    ("consent", "effect"),
    [
        ({"subject": "1", "fields": ["Citizen.idNumber", "Citizen.name"]}, "mask initial"),
        ({"subject": "1", "fields": ["Citizen.idNumber"]}, "deny"),
        ({"subject": "1", "fields": ["Citizen.name"], "expires": 1}, "deny"),
        ({"subject": "1", "fields": ["Citizen.name"], "purpose": "data-return"}, "deny"),
    ],
)
def test_explain_shows_what_a_described_consent_opens(
    folder: Path, consent: dict[str, object], effect: str
) -> None:
    write_list(folder, "list.json", public_security=CITIZENS)
    caller = {"kind": "application", "department": "heming_bank", "clearance": 2}

    done = datong(
        folder,
        *("explain", "-", "--subgraphs", "list.json", "--stage", "decision"),
        *("--caller", json.dumps(caller), "--purpose", "loan-pre-approval"),
        *("--consent", json.dumps(consent)),
        stdin='{ citizen(idNumber: "1") { name } }',
    )

    assert done.returncode == 0, done.stderr
    verdicts = [line for line in done.stdout.splitlines() if line.endswith("]")]
    assert any(line.startswith(f"{effect} ") and "Citizen.name" in line for line in verdicts)
    # One below the other, whatever the effect.
    assert len({line.index(" select ") for line in verdicts if " select " in line}) == 1


def test_explain_says_whose_rows_are_dropped(folder: Path) -> None:
    firms = """
union Party = Citizen | Firm
type Firm @key(fields: "code") { code: ID! @classified(level: 1) @sharing(class: UNCONDITIONAL) }
"""
    parties = CITIZENS.replace("type Query {", "type Query {\n  parties: [Party!]!") + firms
    write_list(folder, "list.json", public_security=parties)

    shown = {
        stage: datong(
            folder,
            *("explain", "-", "--subgraphs", "list.json", "--stage", stage),
            *("--caller", '{"clearance": 1}'),
            stdin="{ parties { __typename } }",
        ).stdout.splitlines()
        for stage in ("decision", "restriction", "plan")
    }

    assert "rows of Firm: allow" in shown["decision"]
    assert any(line.startswith("rows of Citizen: deny") for line in shown["decision"])
    assert shown["restriction"][-1] == "dropped rows of Citizen: all"
    assert "# no Citizen at parties.@" in shown["plan"]


@pytest.mark.parametrize(
    "consent",
    [
        {"subject": "1"},
        {"fields": []},
        {"subject": 1, "fields": []},
        {"subject": "1", "fields": [], "field": []},
        {"subject": "1", "fields": [], "expires": "soon"},
    ],
)
def test_a_consent_that_lacks_a_fact_is_wrong_usage(
    folder: Path, consent: dict[str, object]
) -> None:
    done = datong(
        folder,
        *("explain", "q.graphql", "--subgraphs", "good.json", "--stage", "decision"),
        *("--caller", "{}", "--consent", json.dumps(consent)),
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert "--consent: " in done.stderr


@pytest.mark.parametrize("stage", ["question", "decision", "restriction", "plan", "response"])
def test_explain_refuses_a_purpose_that_the_policies_do_not_know(folder: Path, stage: str) -> None:
    done = datong(
        folder,
        *("explain", "q.graphql", "--subgraphs", "good.json", "--stage", stage),
        *("--caller", "bank-app", "--purpose", "loan"),
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert "--purpose loan: the policies know no such purpose" in done.stderr
    assert "bank-app of heming_bank may state loan-pre-approval" in done.stderr


@pytest.mark.parametrize(
    ("caller", "purpose", "is_refused"),
    [
        ({"department": "heming_bank"}, "loan-pre-approval", False),
        ({"department": "heming_bank"}, "case-handling", True),
        ({"purposes": ["case-handling"]}, "case-handling", False),
        ({}, "case-handling", True),
    ],
)
def test_explain_says_which_purposes_a_gateway_would_refuse(
    folder: Path, caller: dict[str, object], purpose: str, is_refused: bool
) -> None:
    done = datong(
        folder,
        *("explain", "q.graphql", "--subgraphs", "good.json", "--stage", "decision"),
        *("--caller", json.dumps(caller), "--purpose", purpose),
    )

    assert done.returncode == 0
    assert (f"a gateway refuses the purpose {purpose}" in done.stderr) == is_refused


@pytest.mark.parametrize("caller", ['{"clearance": 1}', "clerk.json", "@clerk.json", "bank-app"])
def test_explain_judges_a_caller_that_is_described_or_named(folder: Path, caller: str) -> None:
    (folder / "clerk.json").write_text('{"sub": "clerk", "clearance": 1}')

    done = datong(
        folder,
        "explain",
        "q.graphql",
        "--subgraphs",
        "good.json",
        "--stage",
        "decision",
        "--caller",
        caller,
    )

    assert done.returncode == 0, done.stderr
    assert "deny" in done.stdout
    assert "not_classified" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("compose",),
        ("compose", "--subgraph", "no-url"),
        ("serve", "--subgraphs", "good.json"),
        ("serve", "--subgraphs", "good.json", "--access", "maybe"),
        ("serve", "--subgraphs", "good.json", "--access", "opa", "--jwks", "x"),
        ("serve", "--subgraphs", "good.json", "--jwks", "x"),
        ("explain", "--stage", "plan", "--subgraphs", "good.json"),
        ("explain", "--stage", "composition", "--supergraph", "q.graphql"),
        ("explain", "q.graphql", "--subgraphs", "good.json", "--consent", "{}"),
        ("explain", "q.graphql", "--subgraphs", "good.json", "--purpose", "data-return"),
        ("plan", "absent.graphql", "--subgraphs", "good.json"),
        ("demo", "token", "nobody"),
        ("demo", "--size", "huge"),
        ("demo", "--opa", "none"),
        ("demo", "--database", "sqlite:///city.sqlite"),
        ("audit", "verify"),
        ("nonsense",),
    ],
)
def test_wrong_usage_ends_with_2_and_a_hint(folder: Path, arguments: tuple[str, ...]) -> None:
    done = datong(folder, *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve", "--subgraphs", "bad.json", "--access", "open"),
        ("serve", "--subgraphs", "absent.json", "--access", "open"),
        ("serve", "--supergraph", "q.graphql", "--access", "open"),
        ("plan", "q.graphql", "--subgraphs", "bad.json"),
    ],
)
def test_a_schema_that_cannot_be_used_ends_with_1(folder: Path, arguments: tuple[str, ...]) -> None:
    done = datong(folder, *arguments)

    assert (done.returncode, done.stdout) == (1, "")
    assert "error" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("explain", "--stage", "api", "--subgraphs", "good.json"),
        ("plan", "q.graphql", "--subgraphs", "good.json"),
        ("policy", "coverage", "--subgraphs", "good.json"),
        ("serve", "--access", "open", "--port", "0", "--subgraphs", "good.json"),
    ],
)
def test_a_key_file_that_holds_no_key_is_wrong_usage_of_every_command(
    folder: Path, command: tuple[str, ...]
) -> None:
    done = datong(folder, *command, DATONG_SIGNING_KEY_FILE="q.graphql")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: signing.key_file: q.graphql is no PEM file. Needed is a private Ed25519 key in "
        "PEM, made by: openssl genpkey -algorithm ed25519 -out FILE\n"
    )


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (("plan", "gbk", "--subgraphs", "good.json"), 2),
        (("plan", "q.graphql", "--supergraph", "gbk"), 1),
        (("plan", "q.graphql", "--subgraphs", "good.json", "--config", "gbk"), 2),
        (("explain", "q.graphql", "--subgraphs", "good.json", "--variables", "@gbk"), 2),
        (("policy", "diff", ".", ".", "--questions", "gbk"), 2),
    ],
)
def test_a_file_that_is_not_utf_8_is_told(
    folder: Path, command: tuple[str, ...], status: int
) -> None:
    (folder / "gbk").write_bytes("# 国\n".encode("gbk"))

    done = datong(folder, *command)

    assert (done.returncode, done.stdout) == (status, "")
    assert "gbk:1: not UTF-8" in done.stderr


@pytest.mark.parametrize("entry", [{"name": "tax"}, {"name": "tax", "url": "127.0.0.1:14306"}])
def test_a_subgraph_that_cannot_be_fetched_is_told_of_at_once(
    folder: Path, entry: dict[str, str]
) -> None:
    (folder / "nowhere.json").write_text(json.dumps([entry]))

    done = datong(folder, "compose", "--subgraphs", "nowhere.json")

    assert (done.returncode, done.stdout) == (1, "")
    assert "tax" in done.stderr
    assert "waiting" not in done.stderr


def test_help_shows_what_stands_in_brackets_and_fills_its_lines(folder: Path) -> None:
    words = datong(folder, "policy", "revoke", "--help").stdout.split()

    assert "[access.store]." in words
    assert "a process without a lease denies everything" in " ".join(words)
