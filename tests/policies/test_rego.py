"""What stands in policies/rego beside the tables: unit tests, schemas, and the demo's catalogue."""

import importlib
import json
import re
import subprocess

import pytest

from federation.catalogue import Catalogue, build_catalogue
from federation.composition import compose
from federation.gateway.engines import (
    POLICY_FOLDER,
    EmbeddedEngine,
    declared_reads,
    load_policies,
    make_release,
)
from federation.gateway.engines.release import ENTRYPOINT
from federation.subgraph import load_subgraph
from tests.policies.tables import OPA, catalogue_table, policy_cases, table_release

# After the engines, which set what regorus reads when it is imported.
import regorus  # isort: skip

FILES = {
    file.relative_to(POLICY_FOLDER).as_posix(): file.read_text(encoding="utf-8")
    for file in sorted((POLICY_FOLDER / "datong").rglob("*.rego"))
}
UNITS = [
    (match[1], name)
    for path, text in FILES.items()
    if path.endswith("_test.rego") and (match := re.search(r"^package (\S+)", text, re.MULTILINE))
    for name in dict.fromkeys(re.findall(r"^(test_\w+)", text, re.MULTILINE))
]
DEPARTMENTS = (
    "public_security",
    "market_regulation",
    "human_resources",
    "housing_fund",
    "natural_resources",
    "tax",
    "health",
    "education",
)


@pytest.mark.parametrize(("package", "name"), UNITS, ids=lambda part: part)
def test_unit_test_of_the_policies_holds_in_the_embedded_engine(package: str, name: str) -> None:
    engine = regorus.Engine()
    for path, text in FILES.items():
        engine.add_policy(path, text)
    engine.set_input_json("{}")

    assert engine.eval_rule_as_json(f"data.{package}.{name}") == "true"


@pytest.mark.skipif(OPA is None, reason="no opa on PATH")
@pytest.mark.parametrize(
    "command",
    [
        ["check", "--strict", "datong"],
        ["test", "--fail-on-empty", "datong"],
        ["fmt", "--fail", "--list", "datong"],
    ],
    ids=lambda command: command[0],
)
def test_policies_pass_the_tools_of_opa(command: list[str]) -> None:
    result = subprocess.run(
        [str(OPA), *command], cwd=POLICY_FOLDER, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def matches(document: object, schema: str) -> bool:
    engine = regorus.Engine()
    engine.add_policy("m.rego", "package m\n\nr := json.match_schema(input.document, input.schema)")
    text = (POLICY_FOLDER / "schemas" / f"{schema}.json").read_text(encoding="utf-8")
    engine.set_input_json(json.dumps({"document": document, "schema": json.loads(text)}))
    return json.loads(engine.eval_rule_as_json("data.m.r"))[0] is True


def test_questions_and_answers_are_of_the_published_shape() -> None:
    engine = regorus.Engine()
    release = table_release()
    for path, text in release.modules.items():
        engine.add_policy(path, text)
    engine.add_data_json(json.dumps({"catalogue": release.catalogue, **release.data}))
    for case in policy_cases():
        question = case.request.to_json()
        engine.set_input_json(json.dumps(question))
        answer = json.loads(engine.eval_rule_as_json(ENTRYPOINT))
        assert matches(question, "input"), case.id
        sent = case.request.for_policies(declared_reads(release.modules)).to_json()
        assert matches(sent, "input"), case.id
        assert matches(answer, "decision"), case.id
    assert not matches({"contract": 2}, "decision")


@pytest.fixture(scope="module")
def demo_catalogue() -> Catalogue:
    subgraphs = [
        load_subgraph(
            name,
            f"http://{name}",
            importlib.import_module(f"subgraphs.{name}.schema").DEPARTMENT.schema.sdl,
        )
        for name in DEPARTMENTS
    ]
    composition = compose(subgraphs)
    assert composition.supergraph is not None, composition.diagnostics
    return build_catalogue(composition.supergraph)


def test_demo_data_is_of_the_published_shape(demo_catalogue: Catalogue) -> None:
    release = make_release(load_policies(), demo_catalogue)
    document = {"catalogue": release.catalogue, **release.data}

    assert matches(document, "data")
    EmbeddedEngine(release)


def test_grants_name_fields_that_exist(demo_catalogue: Catalogue) -> None:
    known = demo_catalogue.policy_data()["fields"]
    granted = {c for fields in load_policies().data["grants"].values() for c in fields}

    assert granted - set(known) == set()


def test_tables_speak_of_the_demos_own_catalogue(demo_catalogue: Catalogue) -> None:
    table = catalogue_table()
    fields = demo_catalogue.policy_data()["fields"]
    actual = {
        name: " ".join([str(fact["level"]), fact["sharing"], *sorted(fact["owners"])])
        for name in table["demo"]
        if (fact := fields.get(name))
    }

    assert actual == table["demo"]
    for name, inputs in table["agreed"].items():
        assert name in table["made_up"] or set(fields[name]["agreed"]) == set(inputs)
    for name, counted in table["counts"].items():
        assert set(fields[name]["counts"]) == set(counted)
    for name, keeper in table["record"].items():
        assert fields[name]["record"] == keeper
