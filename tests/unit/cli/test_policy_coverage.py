"""`datong policy coverage`: fields that no rule reaches, and grants that reach nothing."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from federation.gateway.engines import POLICY_FOLDER
from tests.support.demo_schema import demo_supergraph
from tests.unit.cli.test_commands import Done, datong

SDL = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@policy"])
  @link(url: "https://specs.datong.dev/governance/v1.0", import: ["@classified", "@sharing"])
type Query { citizen: Citizen }
type Citizen @key(fields: "id") {
  id: ID! @classified(level: 2) @sharing(class: CONDITIONAL, condition: "c")
  name: String @classified(level: 2) @sharing(class: CONDITIONAL, condition: "c")
  born: Int! @classified(level: 2) @sharing(class: CONDITIONAL, condition: "c")
  open: String @classified(level: 1) @sharing(class: UNCONDITIONAL)
  odd: String @classified(level: 1) @sharing(class: UNCONDITIONAL)
    @policy(policies: [["never written"]])
  law: String @classified(level: 3) @sharing(class: NOT_SHARED, legalBasis: "a law")
  forgotten: String
}
"""
GRANT = {"purposes": {"p": True}, "uses": {"select": True}, "expires": 4102444800}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.graphql").write_text(SDL)
    listed = [{"name": "police", "url": "http://127.0.0.1:9", "file": "a.graphql"}]
    (tmp_path / "all.json").write_text(json.dumps(listed))
    write_grants(tmp_path, {})
    # The delivered departments' files speak of other fields.
    shutil.copytree(POLICY_FOLDER / "datong", tmp_path / "rego/datong")
    shutil.rmtree(tmp_path / "rego/datong/departments")
    write_department(tmp_path, "police", 'deny["Citizen.name"] contains "x" if false')
    return tmp_path


def write_grants(folder: Path, fields: dict[str, Any]) -> None:
    (folder / "data").mkdir(exist_ok=True)
    organisations = {
        "police": {"name": "Police", "subgraphs": {"police": True}},
        "bank": {"name": "Bank", "subgraphs": {}},
    }
    document = {
        "grants": {"bank": {name: {"g": grant} for name, grant in fields.items()}},
        "purposes": {"p": {"title": "P"}},
        "organisations": organisations,
    }
    (folder / "data/all.json").write_text(json.dumps(document))


def write_department(folder: Path, name: str, rule: str) -> None:
    file = folder / f"rego/datong/departments/{name}.rego"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"package datong.departments.{name}\n\n{rule}\n")


def coverage(folder: Path, *options: str) -> Done:
    arguments = ("--subgraphs", "all.json", "--data", "data", *options)
    return datong(folder, "policy", "coverage", "rego", *arguments)


def gaps(folder: Path) -> set[tuple[str, str]]:
    document = json.loads(coverage(folder, "--format", "json").stdout)
    return {(gap["coordinate"], gap["code"]) for gap in document["gaps"]}


def test_fields_are_counted_by_department_and_status(folder: Path) -> None:
    write_grants(folder, {"Citizen.name": GRANT})

    document = json.loads(coverage(folder, "--format", "json").stdout)

    assert document["departments"] == {
        "police": {"open": 3, "granted": 1, "own_only": 2, "not_shared": 1, "uncovered": 1}
    }
    assert document["fields"]["Citizen.name"] == "granted"
    assert document["fields"]["Citizen.born"] == "own_only"


def test_ungraded_field_and_unwritten_policy_are_gaps_and_end_with_1(folder: Path) -> None:
    done = coverage(folder)

    assert done.returncode == 1
    assert "Citizen.forgotten not_classified" in done.stdout
    assert "8 fields, 2 gaps" in done.stderr
    assert gaps(folder) == {
        ("Citizen.forgotten", "not_classified"),
        ("Citizen.odd", "policy_undefined"),
    }


@pytest.mark.parametrize(
    ("coordinate", "terms", "code"),
    [
        ("Citizen.nothing", {}, "grant_unknown_field"),
        ("Citizen.law", {}, "grant_not_shared"),
        ("Citizen.name", {"consent": True}, "grant_without_subject"),
        ("Citizen.name", {"region": True}, "grant_without_region"),
        ("Citizen.born", {"mask": "last4"}, "mask_unsuitable"),
        ("Citizen.born", {"mask": "null"}, "mask_unsuitable"),
        ("Citizen.name", {"expires": 1}, "grant_expired"),
        ("Citizen.name", {"uses": {}}, "grant_opens_nothing"),
        ("Citizen.name", {"purposes": {}}, "grant_opens_nothing"),
        ("Citizen.name", {"roles": {}}, "grant_opens_nothing"),
        ("Citizen.name", {"starts": 4102444800}, "grant_opens_nothing"),
    ],
)
def test_grant_that_cannot_work_is_a_gap(
    folder: Path, coordinate: str, terms: dict[str, Any], code: str
) -> None:
    before = gaps(folder)

    write_grants(folder, {coordinate: {**GRANT, **terms}})

    assert gaps(folder) - before == {(coordinate, code)}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ('deny["Citizen.name"] contains "x"', "department_not_owner"),
        ('deny_use["Citizen.nothing"].select contains "x"', "department_unknown_field"),
        ('deny["Citizen"] contains "x"', "department_unknown_field"),
        ('deny[c] contains "x" if some c in ["Citizen.nothing"]', "department_unknown_field"),
        ('filters["Citizen.name"] contains {"field": "id"}', "department_unknown_field"),
        ('deny[c] contains "x" if some c in {"Citizen.name"}', "department_not_owner"),
        ('filters["Citizen"] contains {"field": "id"}', "department_not_owner"),
        ('mask["Query.citizen"] := "last4"', "mask_unsuitable"),
        ('filters["Citizen"] contains {"field": "nam", "op": "eq"}', "filter_unknown_field"),
        ('filters["Citizen"] contains {"field": "name", "op": "is"}', "filter_unknown_operator"),
        (
            'filters["Citizen"] contains {"or": [{"not": {"field": "n", "op": "eq"}}]}',
            "filter_unknown_field",
        ),
    ],
)
def test_department_file_that_speaks_of_foreign_fields_is_a_gap(
    folder: Path, rule: str, code: str
) -> None:
    department = "bank" if code == "department_not_owner" else "police"
    write_department(folder, department, rule)

    document = json.loads(coverage(folder, "--format", "json").stdout)

    found = {gap["code"]: gap["message"] for gap in document["gaps"]}
    assert found.keys() == {"not_classified", "policy_undefined", code}
    assert f"{department}.rego:3" in found[code]


@pytest.mark.parametrize(
    ("mask", "rule", "noted"),
    [
        ("last4", "", "grant g to bank: the mask last4"),
        (None, 'mask["Citizen.id"] := "initial"', "police.rego:3: the mask initial"),
        ("hash", "", None),
        (None, "", None),
    ],
)
def test_mask_that_makes_a_key_tell_no_entities_apart_is_noted(
    folder: Path, mask: str | None, rule: str, noted: str | None
) -> None:
    write_grants(folder, {"Citizen.id": {**GRANT, "mask": mask} if mask else GRANT})
    write_department(folder, "police", rule)

    done = coverage(folder)
    notes = json.loads(coverage(folder, "--format", "json").stdout)["notes"]

    # Both are what they were without the mask: what is noted works.
    assert "8 fields, 2 gaps" in done.stderr
    assert [(each["coordinate"], each["code"]) for each in notes] == (
        [("Citizen.id", "masked_key")] if noted else []
    )
    assert noted is None or f"note  Citizen.id masked_key {noted}" in done.stdout.replace(
        "datong/departments/", ""
    )


@pytest.mark.parametrize(
    ("grants", "rule", "noted"),
    [
        ({"g": {**GRANT, "mask": "initial", "uses": {"select": True, "sort": True}}}, "", "g"),
        ({"g": {**GRANT, "mask": "initial"}, "h": {**GRANT, "uses": {"filter": True}}}, "", "h"),
        ({"g": {**GRANT, "uses": {"filter": True}}}, 'mask["Citizen.name"] := "initial"', "g"),
        ({"g": {**GRANT, "mask": "initial"}}, "", None),
        ({"g": {**GRANT, "uses": {"filter": True}}}, "", None),
    ],
)
def test_mask_of_what_can_be_found_by_asking_often_is_noted(
    folder: Path, grants: dict[str, Any], rule: str, noted: str | None
) -> None:
    data = json.loads((folder / "data/all.json").read_text())
    data["grants"] = {"bank": {"Citizen.name": grants}}
    (folder / "data/all.json").write_text(json.dumps(data))
    write_department(folder, "police", rule)

    notes = json.loads(coverage(folder, "--format", "json").stdout)["notes"]

    found = [(each["code"], each["message"].partition(":")[0]) for each in notes]
    assert found == ([("masked_and_sought", f"grant {noted} to bank")] if noted else [])


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("a :=", "4:1: expecting expression"),
        ("a := 1 if nowhere == 1", "3:11: use of undefined variable `nowhere` is unsafe"),
    ],
)
def test_rules_that_cannot_be_used_are_told_in_one_line(folder: Path, rule: str, told: str) -> None:
    write_department(folder, "police", rule)

    done = coverage(folder)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: datong/departments/police.rego:{told}\n"


def test_grant_that_says_what_no_grant_can_say_is_refused(folder: Path) -> None:
    write_grants(folder, {"Citizen.name": {**GRANT, "regoin": True}})

    done = coverage(folder)

    assert (done.returncode, done.stdout) == (1, "")
    told = "all.json:1: grants.bank.Citizen.name.g.regoin is not known here"
    assert done.stderr == f"error: {told}\n"


def test_fields_of_one_status_are_listed_on_demand(folder: Path) -> None:
    shown = coverage(folder, "--status", "not_shared").stdout

    assert "not_shared  Citizen.law" in shown
    assert "not_shared  Citizen.law" not in coverage(folder).stdout


def test_the_demo_has_no_gaps(tmp_path: Path) -> None:
    (tmp_path / "all.graphql").write_text(demo_supergraph())

    done = datong(tmp_path, "policy", "coverage", "--supergraph", "all.graphql")

    assert done.returncode == 0, done.stdout
    assert "0 gaps" in done.stderr


def test_folder_that_does_not_exist_is_wrong_usage(folder: Path) -> None:
    for arguments in (("nowhere",), ("rego", "--data", "nowhere")):
        done = datong(folder, "policy", "coverage", *arguments, "--subgraphs", "all.json")

        assert (done.returncode, done.stdout) == (2, "")
        assert "nowhere: no such folder" in done.stderr


def test_without_a_schema_it_is_wrong_usage_or_a_failure_that_says_so(tmp_path: Path) -> None:
    done = datong(tmp_path, "policy", "coverage")

    assert (done.returncode, done.stdout) == (1, "")
    assert "subgraph" in done.stderr
