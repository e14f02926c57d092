"""`datong policy lint`: every fault is found, with its file and line."""

import json
import shutil
from pathlib import Path

import pytest

from federation.gateway.engines import POLICY_FOLDER
from tests.support.demo_schema import demo_supergraph
from tests.unit.cli.test_commands import datong


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(POLICY_FOLDER, tmp_path / "rego")
    return tmp_path / "rego"


def found(folder: Path, *options: str) -> set[tuple[str, int, str]]:
    done = datong(folder, "policy", "lint", str(folder), "--format", "json", *options)
    findings = json.loads(done.stdout)["findings"]
    assert done.returncode == (1 if findings else 0)
    return {(each["file"], each["line"], each["code"]) for each in findings}


def test_delivered_policies_have_no_findings(folder: Path) -> None:
    done = datong(folder, "policy", "lint")

    assert (done.returncode, done.stdout) == (0, "")
    assert found(folder) == set()


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ('allow["Citizen.name"] contains "mine"', "WIDENS"),
        ('mask["Citizen.annualIncome"] := "blur"', "UNKNOWN_MASK"),
        ('deny_use["Citizen.name"].print contains "no"', "UNKNOWN_USE"),
        ('deny["Citizen.annualIncome"] if input.purpose', "MISSHAPEN"),
        ('deny["Citizen.annualIncome"] := "no"', "MISSHAPEN"),
        ('deny contains "Citizen.annualIncome"', "MISSHAPEN"),
        ('deny_use["Citizen.annualIncome"] contains "sort"', "MISSHAPEN"),
        ('mask["Citizen.annualIncome"] contains "range"', "MISSHAPEN"),
        ('mask["Citizen.annualIncome"] := false', "MISSHAPEN"),
        ('filters["Citizen"] if input.purpose', "MISSHAPEN"),
        ('deny["Citizen.name"] contains "x" if input.caller.deparment == "a"', "UNKNOWN_PATH"),
        (
            'deny["Citizen.name"] contains "x" if object.get(input, ["caller", "kindd"], "")',
            "UNKNOWN_PATH",
        ),
        ('deny[c] contains "x" if data.catalogue.fields[c].levl > 3', "UNKNOWN_PATH"),
        ('deny[c] contains "x" if data.purpose[c]', "UNKNOWN_PATH"),
        ('deny[c] contains "x" if data.datong.facts.knwon[c]', "UNKNOWN_REFERENCE"),
        ('deny["Citizen.name"] contains "x" if http.send({})', "NOT_PORTABLE"),
        (
            'deny["Citizen.name"] contains "x" if regex.match("^\\\\d+$", input.purpose)',
            "NOT_PORTABLE",
        ),
        ('deny["Citizen.name"] contains "x" if regex.match(`\\w`, input.purpose)', "NOT_PORTABLE"),
        ('deny["Citizen.name"] contains "x" if input.caller.region != "99"', "OPEN_WITHOUT_FACT"),
        ('deny["Citizen.name"] contains "x" if "A" != input.operation.name', "OPEN_WITHOUT_FACT"),
        (
            'filters["Citizen"] contains '
            '{"field": "regionCode", "op": "eq", "value": input.caller.region}',
            "OPEN_WITHOUT_FACT",
        ),
        ('deny["Citizen.name"] contains "x" if input.caller.id == "a"', "UNDECLARED_READ"),
        ('deny["Citizen.name"] contains "x" if input.now > 100', "NO_VALID_UNTIL"),
        ('deny["Citizen.name"] contains "x" if {', "NOT_REGO"),
        (f"x := {'[' * 25}1{']' * 25}", "NESTED"),
        ('deny["Citizen.name"] contains "x" if nowhere > 1', "NOT_LOADED"),
    ],
)
def test_fault_of_a_department_file_is_found_at_its_line(
    folder: Path, rule: str, code: str
) -> None:
    file = folder / "datong/departments/tax.rego"
    file.write_text(f"package datong.departments.tax\n\n{rule}\n")

    findings = found(folder)

    assert (file.relative_to(folder).as_posix(), 4 if code == "NOT_REGO" else 3, code) in findings
    assert {each[2] for each in findings} == {code}


def test_facts_that_callers_may_lack_can_be_read_with_a_value_instead(folder: Path) -> None:
    (folder / "datong/departments/tax.rego").write_text(
        "package datong.departments.tax\n\n"
        'deny["Citizen.name"] contains "x" if input.caller.region == "99"\n\n'
        'deny["Citizen.name"] contains "y" if object.get(input.caller, "region", "") != "99"\n\n'
        'filters["Citizen"] contains {"field": "regionCode", "op": "eq", "value": code} if '
        'code := object.get(input.caller, "region", "none")\n'
    )

    assert found(folder) == set()


def test_helpers_of_a_department_file_are_no_attempt_to_widen(folder: Path) -> None:
    (folder / "datong/departments/tax.rego").write_text(
        "package datong.departments.tax\n\n"
        'deny[c] contains "own" if {\n\tsome c, _ in input.fields\n\tsecret(c)\n}\n\n'
        'secret(c) if startswith(c, prefix)\n\nprefix := "Tax"\n'
    )

    assert found(folder) == set()


def test_file_of_a_department_that_no_organisation_has_is_found(folder: Path) -> None:
    (folder / "datong/departments/tax.rego").rename(folder / "datong/departments/taxes.rego")
    file = folder / "datong/departments/taxes.rego"
    file.write_text(file.read_text().replace("departments.tax", "departments.taxes"))

    done = datong(folder, "policy", "lint", str(folder))

    assert "taxes.rego:1: taxes is a subgraph of none of the organisations" in done.stdout
    assert "did you mean tax?" in done.stdout
    assert found(folder) == {("datong/departments/taxes.rego", 1, "UNKNOWN_DEPARTMENT")}


def test_test_that_nobody_runs_is_found(folder: Path) -> None:
    file = folder / "datong/rules/region_tests.rego"
    file.write_text("package datong.rules.region_tests\n\ntest_it if 1 == 2\n")

    assert found(folder) == {("datong/rules/region_tests.rego", 3, "TEST_NOT_RUN")}


def test_organisations_that_are_not_there_know_of_no_department(folder: Path) -> None:
    for file in (folder / "data").iterdir():
        file.unlink()

    assert found(folder) == set()


def test_department_file_that_speaks_of_foreign_fields_is_found_with_a_schema(
    folder: Path,
) -> None:
    (folder / "all.graphql").write_text(demo_supergraph())
    schema = ("--supergraph", str(folder / "all.graphql"))
    assert found(folder, *schema) == set()

    (folder / "datong/departments/tax.rego").write_text(
        "package datong.departments.tax\n\n"
        'secret := {\n\t"Citizen.anualIncome",\n\t"Citizen.annualIncome",\n}\n\n'
        'deny[c] contains "x" if {\n\tsome c in secret\n\tinput.fields[c]\n}\n\n'
        'mask["Citizen.name"] := "initial"\n'
    )

    file = "datong/departments/tax.rego"
    assert found(folder) == set()
    assert found(folder, *schema) == {
        (file, 4, "DEPARTMENT_UNKNOWN_FIELD"),
        (file, 13, "DEPARTMENT_NOT_OWNER"),
    }
    # In the words of coverage.
    told = datong(folder, "policy", "lint", str(folder), *schema).stdout
    gaps = datong(folder, "policy", "coverage", str(folder), *schema).stdout
    for words in (
        "secret has no effect, there is no such field; did you mean Citizen.annualIncome?",
        "mask has no effect, it is not tax's",
    ):
        assert words in told
        assert words in gaps


def test_schema_that_cannot_be_read_is_a_fault(folder: Path) -> None:
    done = datong(folder, "policy", "lint", str(folder), "--supergraph", "nowhere.graphql")

    assert (done.returncode, done.stdout) == (1, "")
    assert "nowhere.graphql" in done.stderr


def test_settings_name_the_folders_to_check(folder: Path, tmp_path: Path) -> None:
    (folder / "datong/departments/tax.rego").write_text("package datong.departments.tax\n\na := 1")
    (tmp_path / "datong.toml").write_text(f'[access]\npolicies = "{folder}"\n')

    done = datong(tmp_path, "policy", "lint", "--config", "datong.toml")

    assert "datong/departments/tax.rego:3: a has no effect" in done.stdout


def test_file_that_adds_to_a_foreign_package_is_found(folder: Path) -> None:
    file = folder / "datong/departments/widening.rego"
    file.write_text('package datong.rules.sharing\n\nfree["A.b"].select contains "mine"\n')

    assert ("datong/departments/widening.rego", 1, "FOREIGN_PACKAGE") in found(folder)


def test_rule_that_reads_the_time_must_say_when_it_changes(folder: Path) -> None:
    file = folder / "datong/rules/region.rego"
    text = file.read_text()
    file.write_text(text + "\nchanges contains 5 if input.now < 5\n")

    # A rule `changes` alone is not enough: the entrypoint has to read it.
    line = len(text.splitlines()) + 2
    assert found(folder) == {("datong/rules/region.rego", line, "NO_VALID_UNTIL")}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"mask": "last4"', '"mask": "last5"', "UNKNOWN_MASK"),
        ('"loan-pre-approval": true', '"loan": true', "UNKNOWN_PURPOSE"),
        ('"filter": true', '"read": true', "UNKNOWN_USE"),
        ('"expires": 4102444800', '"expires": "never"', "WRONG_SHAPE"),
        ('"heming_bank": {', '"heming": {', "UNKNOWN_DEPARTMENT"),
    ],
)
def test_grant_that_names_what_does_not_exist_is_found(
    folder: Path, old: str, new: str, code: str
) -> None:
    file = folder / "data/grants.json"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))

    findings = found(folder)

    changed = text[: text.index(old)].count("\n") + 1
    assert {each[2] for each in findings} == {code}
    # At the grant, or at the member itself.
    assert all(file == "data/grants.json" for file, _, _ in findings)
    assert min(abs(line - changed) for _, line, _ in findings) <= 12


def test_data_that_would_hide_rules_is_found(folder: Path) -> None:
    (folder / "data/more.json").write_text('{"purposes": {},\n "datong": {"access": {}}}')

    findings = found(folder)

    assert ("data/purposes.json", 2, "ROOT_TWICE") in findings
    assert "HIDDEN_RULES" in {code for _, _, code in findings}


def test_data_that_is_no_json_is_found_at_its_line(folder: Path) -> None:
    (folder / "data/broken.json").write_text('{\n  "purposes": \n}')

    assert ("data/broken.json", 3, "NOT_JSON") in found(folder)


def test_files_that_are_no_text_or_no_data_are_found(folder: Path) -> None:
    (folder / "data/broken.json").write_bytes(b'{\n"\xb9": {}}')
    (folder / "data/list.json").write_text("[]")
    (folder / "datong/departments/tax.rego").write_bytes(b"package datong.departments.tax\n# \xb9")

    assert found(folder) == {
        ("data/broken.json", 2, "NOT_TEXT"),
        ("data/list.json", 1, "WRONG_SHAPE"),
        ("datong/departments/tax.rego", 2, "NOT_TEXT"),
    }


def test_findings_for_people_name_file_line_and_code(folder: Path) -> None:
    file = folder / "datong/departments/tax.rego"
    file.write_text("package datong.departments.tax\n\nallow := true\n")

    done = datong(folder, "policy", "lint", str(folder))

    assert done.returncode == 1
    assert done.stdout.startswith("datong/departments/tax.rego:3: allow has no effect")
    assert "WIDENS" in done.stdout
    assert "1 finding" in done.stderr


def test_folder_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    assert datong(tmp_path, "policy", "lint", "nowhere").returncode == 2
    assert datong(tmp_path, "policy", "lint", "--data", "nowhere").returncode == 2
