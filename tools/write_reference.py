"""Print the reference pages that can be read off the code: errors, settings, commands.

.venv/bin/python tools/write_reference.py           rewrites docs/reference
.venv/bin/python tools/write_reference.py --check   exits with 1 when a page is not up to date
"""

import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import typer

import federation
from federation.errors import FederationError, RequestError

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the code; edit the docstrings there. -->"


def main() -> int:
    """Write or check all pages; the answer is the exit code."""
    stale = []
    for name, page in (("errors", errors()), ("config", config()), ("cli", commands())):
        file = FOLDER / f"{name}.md"
        text = page.rstrip() + "\n"
        if "--check" not in sys.argv:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(str(file.relative_to(ROOT)))
    if stale:
        print("not up to date:", *stale, "(make docs)", file=sys.stderr)
    return 1 if stale else 0


def errors() -> str:
    """Codes of answers, and codes of findings about schemas."""
    for module in pkgutil.walk_packages(federation.__path__, "federation."):
        # Modules that run something when imported are commands, not libraries.
        if not module.name.startswith("federation.cli") and "__main__" not in module.name:
            importlib.import_module(module.name)
    lines = [
        "# Errors",
        NOTE,
        "## In answers",
        "The code stands in `extensions.code`. The message of a client's own fault is shown as it "
        "is; of anything else only the code and the request's id leave the gateway.",
        "| code | HTTP status | client's fault | when |\n|---|---|---|---|\n"
        + "\n".join(
            f"| `{kind.code}` | {kind.http_status} "
            f"| {'yes' if issubclass(kind, RequestError) else 'no'} | {summary(kind)} |"
            for kind in sorted(kinds(FederationError), key=lambda kind: (kind.code, kind.__name__))
        ),
        "Codes of errors beside data, each about one field, such as `ACCESS_DENIED`, stand in "
        "[an app developer's guide](../clients.md#what-the-answer-tells).",
        "## About schemas",
        "All findings of one run are reported, each with the subgraph, file and line.",
        *(f"### {code}\n\n{text}" for code, text in sorted(rules())),
    ]
    return "\n\n".join(lines)


def kinds(top: type[FederationError]) -> Iterator[type[FederationError]]:
    """The class and everything below it."""
    yield top
    for kind in top.__subclasses__():
        yield from kinds(kind)


def rules() -> Iterator[tuple[str, str]]:
    """Code and meaning of every rule: one file each, named like its code."""
    for file in sorted((ROOT / "federation").glob("*/rules/*.py")):
        if file.stem.startswith("_"):
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        named = [
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name == file.stem
        ]
        text = ast.get_docstring(named[0] if named else tree) or ast.get_docstring(tree) or ""
        yield file.stem.upper(), paragraph(text)


def config() -> str:
    """Every setting by section, with its type and default."""
    from federation.gateway.settings import Config  # noqa: PLC0415 (after errors' imports)

    parts = [
        "# Settings",
        NOTE,
        "Defaults, then the file given by `--config`, then the environment "
        "(`DATONG_<SECTION>_<KEY>`, lists separated by commas), then flags; the later wins. An "
        "unknown key is an error.",
    ]
    for section in msgspec.structs.fields(Config):
        described = attributes(section.type)
        rows = [
            f"| `{field.name}` | {kind(field.type)} | {default(field.default)} "
            f"| {described.get(field.name, '')} |"
            for field in msgspec.structs.fields(section.type)
        ]
        parts.append(f"## [{section.name}]\n\n{summary(section.type)}")
        parts.append("| key | type | default | |\n|---|---|---|---|\n" + "\n".join(rows))
    return "\n\n".join(parts)


def attributes(owner: type) -> dict[str, str]:
    """The lines of a docstring's Attributes section by name, continued lines joined."""
    text = inspect.getdoc(owner) or ""
    _, _, section = text.partition("Attributes:\n")
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if not line.strip():
            break
        if start := re.match(r" {4}(\w+): (.*)", line):
            name = start[1]
            found[name] = start[2]
        elif name:
            found[name] += " " + line.strip()
    return found


def kind(hint: Any) -> str:
    """A type as a reader of TOML knows it."""
    text = hint.__name__ if isinstance(hint, type) and not hasattr(hint, "__args__") else str(hint)
    text = text.replace("typing.", "").replace("NoneType", "none")
    return "`" + text.replace("|", "or") + "`"


def default(value: Any) -> str:
    """A default as TOML writes it."""
    if value is msgspec.NODEFAULT or isinstance(value, dict):
        return "none"
    if isinstance(value, tuple):
        value = list(value)
    return "`" + msgspec.json.encode(value).decode() + "`"


def commands() -> str:
    """Every command with its arguments and options."""
    from federation.cli.app import app  # noqa: PLC0415 (after errors' imports)

    parts = ["# Commands", NOTE]
    command = typer.main.get_command(app)
    parts.extend(described(command, command.context_class(command, info_name="datong")))
    return "\n\n".join(parts)


def described(command: Any, context: Any) -> Iterator[str]:
    """A command and all below it; the types are those of the click that typer brings along."""
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"## {context.command_path}\n\n{command.help or ''}\n\n    {usage}"
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    rows = [f"| `{cell(record[0])}` | {cell(record[1])} |" for record in records if record]
    if rows:
        yield "| option | |\n|---|---|\n" + "\n".join(rows)
    if hasattr(command, "list_commands"):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if not child.hidden:
                inner = child.context_class(child, info_name=name, parent=context)
                yield from described(child, inner)


def cell(text: str) -> str:
    """Text that does not break a table."""
    return " ".join(text.split()).replace("|", "\\|")


def summary(owner: type) -> str:
    """The first paragraph of a docstring."""
    return paragraph(inspect.getdoc(owner) or "")


def paragraph(text: str) -> str:
    """The first paragraph, on one line."""
    return cell(text.split("\n\n", maxsplit=1)[0])


if __name__ == "__main__":
    sys.exit(main())
