"""What the pages mention exists: files, commands, settings, variables, make targets, codes."""

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest
import typer.main

from federation.cli.app import app
from federation.cli.explain import Stage
from federation.gateway.config import load_config
from federation.gateway.settings import Config
from tests.docs.blocks import PAGES, ROOT, blocks, prose

# Decisions are never edited, so they may mention what was there then; reference pages are printed.
KEPT = [page for page in PAGES if page.parent.name not in {"decisions", "reference"}]
SECTIONS = {field.name: field.type for field in msgspec.structs.fields(Config)}
# Commands that hold commands.
GROUPS = {"access", "audit", "demo", "policy", "schema"}
# What a page may call by `section.key` although it is a file or a module.
FILES = re.compile(r"\.(md|py|json|toml|sqlite|yaml|yml|rego|pem|key|svg)$")


@pytest.fixture(params=KEPT, ids=lambda page: str(page.relative_to(ROOT)))
def page(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def commands(page: Path, name: str) -> Iterator[list[str]]:
    """Arguments of every command line of that name: in blocks, in indented lines, in `code`."""
    content = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for span in re.findall(r"`([^`\n]+)`", prose(page)):
        content += f"\n    {span}\n"
    for line in re.findall(
        rf"^(?:    |\$ )(?:.*(?:[( ]|bin/))?{name} (.*)$", content, re.MULTILINE
    ):
        plain = re.split(r"[;|>&]|  #| 2>|\)", line)[0]
        try:
            words = shlex.split(plain)
        except ValueError:
            words = plain.split()
        if words:
            yield words


@cache
def options_of(path: tuple[str, ...]) -> frozenset[str]:
    """Options of a `datong` command."""
    command = typer.main.get_command(app)
    for name in path:
        command = command.commands[name]  # type: ignore[attr-defined]
    found = {option for parameter in command.params for option in parameter.opts}
    return frozenset(found | {"--help", "-h"})


def test_every_datong_command_and_option_exists(page: Path) -> None:
    tops = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]

    for words in commands(page, "datong"):
        assert words[0] in tops, words
        path: tuple[str, ...] = (words[0],)
        if words[0] in GROUPS and len(words) > 1 and not words[1].startswith("-"):
            path = (words[0], words[1])
        used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert used <= options_of(path), words
        if "--stage" in words:
            assert words[words.index("--stage") + 1] in {*map(str, Stage), "NAME"}, words


def test_the_concepts_page_names_every_stage_that_explain_prints() -> None:
    page = (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")

    named = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)

    assert [stage.value for stage in Stage] == [name for name in named if name in {*Stage}]


def test_every_department_command_is_understood(page: Path) -> None:
    for words in commands(page, "python -m subgraphs"):
        used = {word for word in words if word.startswith("--")}

        assert used <= _department_options(), words


@cache
def _department_options() -> frozenset[str]:
    command = [sys.executable, "-m", "subgraphs", "--help"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return frozenset(re.findall(r"--[a-z-]+", printed.stdout))


def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose(page))

    dead = [
        link
        for link in links
        if not re.match(r"https?:", link) and not (page.parent / link).exists()
    ]

    assert dead == []


def test_every_setting_exists(page: Path) -> None:
    spans = re.findall(r"`(?:\[)?([a-z_]+)\.([a-z_]+)(?: = [^`]*)?`", prose(page))

    unknown = [
        f"{section}.{key}"
        for section, key in spans
        if section in SECTIONS
        and not FILES.search(f"{section}.{key}")
        and key not in SECTIONS[section].__struct_fields__
    ]

    assert unknown == []


def test_every_settings_file_is_valid(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.language == "toml":
            file = tmp_path / "datong.toml"
            file.write_text(block.text, encoding="utf-8")

            config = load_config(file, {}, {})

            assert set(tomllib.loads(block.text)) <= set(config.__struct_fields__)


def test_every_environment_variable_is_read_somewhere(page: Path) -> None:
    code = _code()
    prefixes = tuple(f"DATONG_{section.upper()}_" for section in SECTIONS)

    for variable in re.findall(r"\bDATONG_[A-Z_]+\b", page.read_text(encoding="utf-8")):
        if variable.startswith(prefixes):
            section = next(s for s in SECTIONS if variable.startswith(f"DATONG_{s.upper()}_"))
            key = variable.removeprefix(f"DATONG_{section.upper()}_").lower()
            assert key in SECTIONS[section].__struct_fields__, variable
        else:
            assert f'"{variable}"' in code, variable


@cache
def _code() -> str:
    folders = (ROOT / "federation", ROOT / "subgraphs", ROOT / "tests")
    files = (file for folder in folders for file in folder.rglob("*.py"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def test_every_make_target_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    content = page.read_text(encoding="utf-8")

    for target in re.findall(r"(?:`|^    )make ([a-z]+)", content, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_path_of_the_repository_exists(page: Path) -> None:
    roots = "benchmarks|docker|docs|federation|policies|subgraphs|tests|tools"
    spans = re.findall(rf"`((?:{roots})/[\w./-]+)`", prose(page))

    missing = [path for path in spans if not (ROOT / path).exists()]

    assert [path for path in missing if path != "docker/secrets"] == []


def test_every_code_in_capitals_is_one_of_ours(page: Path) -> None:
    known = _code() + (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")

    for code in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", prose(page)):
        assert code.startswith("DATONG_") or re.search(rf"\b{code}\b", known), code


def test_every_identifier_occurs_in_the_code(page: Path) -> None:
    known = _code() + _policies()
    names = re.findall(r"`([a-z]+(?:_[a-z0-9]+)+|@[a-zA-Z]+)`", prose(page))

    unknown = [name for name in names if not re.search(rf"\b{name.lstrip('@')}\b", known)]

    # Names of the compose file's secrets, and what the README says is not there yet.
    assert set(unknown) <= {"issuer_jwks", "consent_jwks", "@defer", "@stream"}


@cache
def _policies() -> str:
    files = (ROOT / "policies" / "rego").rglob("*.rego")
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
