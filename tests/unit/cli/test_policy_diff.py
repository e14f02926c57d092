"""`datong policy diff` and `datong policy bundle`: what changes for whom, and what OPA loads."""

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from federation.access import AccessRequest, Asker, Caller, ConsentFact, OperationFacts, Uses
from federation.access.read_request import read_request
from federation.cli.policy_diff import _documents
from federation.gateway.engines import POLICY_FOLDER
from tests.support.demo_schema import demo_supergraph
from tests.unit.cli.test_commands import Done, datong

OPA = shutil.which("opa") or shutil.which("opa", path=str(Path.home() / "go" / "bin"))
COUNTY = Caller(
    "county-officer",
    "person",
    "county_990102",
    "990102",
    frozenset({"county_officer"}),
    clearance=3,
)
BANK = Caller("bank-app", "application", "heming_bank", scopes=frozenset({"loans"}), clearance=2)
CONSENT = ConsentFact(
    "c", "990102199001011239", "loan-pre-approval", frozenset({"Citizen.name"}), 1_900_000_000
)
QUESTIONS = (
    AccessRequest(
        Asker(COUNTY, "data-return", (), 1_800_000_000),
        OperationFacts("query", "CountyCitizens"),
        {"Citizen.idNumber": Uses(select=True), "Citizen.name": Uses(select=True, sort=True)},
    ),
    AccessRequest(
        Asker(BANK, "loan-pre-approval", (CONSENT,), 1_800_000_000),
        OperationFacts("query"),
        {
            "Citizen.name": Uses(select=True),
            "Citizen.annualIncome": Uses(join=("Citizen.loanLimit",)),
        },
    ),
)
ASKED = ("--questions", "asked.jsonl", "--supergraph", "all.graphql")
GRANT = {
    "purposes": {"loan-pre-approval": True},
    "uses": {"select": True},
    "expires": 4_102_444_800,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Has the policies in use in `old`, a copy to change in `new`, a schema and questions."""
    shutil.copytree(POLICY_FOLDER, tmp_path / "old")
    shutil.copytree(POLICY_FOLDER, tmp_path / "new")
    (tmp_path / "all.graphql").write_text(demo_supergraph())
    first, second = (json.dumps(each.to_json()) for each in QUESTIONS)
    (tmp_path / "asked.jsonl").write_text(f'{first}\n\n{{"input": {second}}}\n')
    return tmp_path


def diff(folder: Path, *options: str) -> Done:
    return datong(folder, "policy", "diff", "old", "new", *ASKED, *options)


def changes(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(diff(folder, "--format", "json").stdout)["changes"]
    return found


def change_grant(folder: Path, department: str, coordinate: str, **terms: Any) -> None:
    file = folder / "new/data/grants.json"
    document = json.loads(file.read_text())
    granted = document["grants"][department][coordinate]
    for grant in granted.values():
        grant.update(terms)
        for name in [name for name, value in grant.items() if value is None]:
            del grant[name]
    file.write_text(json.dumps(document))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.asker.caller.id)
def test_recorded_question_is_read_back_as_it_was(question: AccessRequest) -> None:
    assert read_request(json.loads(json.dumps(question.to_json()))) == question


def test_equal_policies_change_nothing(folder: Path) -> None:
    done = diff(folder)

    assert (done.returncode, done.stdout) == (0, "")
    assert "2 questions, 0 changes" in done.stderr


def test_questions_are_read_as_explain_prints_them_one_after_the_other(folder: Path) -> None:
    (folder / "asked.graphql").write_text("{ citizens { edges { node { name } } } }")
    asked = ("explain", "asked.graphql", "--stage", "question", "--supergraph", "all.graphql")
    callers = [
        ("--caller", "county-officer", "--purpose", "data-return"),
        ("--caller", "city-dashboard", "--purpose", "city-dashboard"),
    ]
    printed = [datong(folder, *asked, *caller).stdout for caller in callers]
    (folder / "asked.jsonl").write_text("".join(printed))

    assert all(text.count("\n") > 1 for text in printed)
    assert "2 questions, 0 changes" in diff(folder).stderr


def test_what_is_no_question_is_told_with_its_line(folder: Path) -> None:
    with (folder / "asked.jsonl").open("a") as file:
        file.write('\n{"contract": 1}\n')
    assert "asked.jsonl:5: no question of contract 1" in diff(folder).stderr

    (folder / "asked.jsonl").write_text("\n{\n")
    assert "asked.jsonl:2: no question of contract 1" in diff(folder).stderr


def test_long_files_are_read_in_one_pass() -> None:
    blank, count = 4_000_000, 4_000
    started = time.perf_counter()
    lines = [line for line, _ in _documents("\n" * blank + "{}\n" * count, Path("asked.jsonl"))]

    assert lines == list(range(blank + 1, blank + count + 1))
    # Where each question's line was counted from the beginning, it took twenty times as long.
    assert time.perf_counter() - started < 3


def test_denial_by_a_department_narrows_and_ends_with_0(folder: Path) -> None:
    (folder / "new/datong/departments/public_security.rego").write_text(
        "package datong.departments.public_security\n\n"
        'deny_use["Citizen.name"].sort contains "no" if input.caller.kind == "person"\n'
    )

    done = diff(folder)

    assert done.returncode == 0
    assert "narrows" in done.stdout
    assert [
        (
            each["direction"],
            each["caller"],
            each["place"],
            each["use"],
            each["before"],
            each["after"],
        )
        for each in changes(folder)
    ] == [("narrows", "county-officer", "Citizen.name", "sort", "allow", "deny")]


def test_mask_that_goes_away_widens_and_ends_with_1(folder: Path) -> None:
    change_grant(folder, "county_990102", "Citizen.idNumber", mask=None)

    done = diff(folder)

    assert done.returncode == 1
    assert "mask last4 → allow" in done.stdout
    assert "1 widens" in done.stderr
    assert diff(folder, "--allow-widening").returncode == 0


def test_another_mask_may_show_more_and_ends_with_1(folder: Path) -> None:
    change_grant(folder, "county_990102", "Citizen.idNumber", mask="hash")

    assert diff(folder).returncode == 1
    assert [each["direction"] for each in changes(folder)] == ["differs"]


def test_row_filter_that_goes_away_widens(folder: Path) -> None:
    for coordinate in ("Citizen.idNumber", "Citizen.name"):
        change_grant(folder, "county_990102", coordinate, region=None)

    found = changes(folder)

    assert [(each["place"], each["use"], each["direction"]) for each in found] == [
        ("Citizen", "rows", "widens")
    ]
    assert found[0]["after"] == "all rows"
    assert "starts_with" in found[0]["before"]


def test_row_filter_that_goes_away_behind_one_of_two_fields_widens(folder: Path) -> None:
    change_grant(folder, "county_990102", "Citizen.name", region=None)

    assert [
        (each["caller"], each["place"], each["use"], each["direction"], each["after"])
        for each in changes(folder)
    ] == [("county-officer", "Citizen", "rows", "widens", "all rows")]


def test_denial_of_a_field_whose_condition_confined_the_rows_narrows_only(folder: Path) -> None:
    (folder / "new/datong/departments/public_security.rego").write_text(
        "package datong.departments.public_security\n\n"
        'deny["Citizen.name"] contains "x" if input.caller.department == "heming_bank"\n'
    )

    assert [(each["place"], each["direction"]) for each in changes(folder)] == [
        ("Citizen.name", "narrows")
    ]
    assert diff(folder).returncode == 0


def test_row_filter_that_a_department_adds_narrows(folder: Path) -> None:
    (folder / "new/datong/departments/public_security.rego").write_text(
        "package datong.departments.public_security\n\n"
        'filters["Citizen"] contains {"field": "regionCode", "op": "eq", "value": "99"}\n'
    )

    found = changes(folder)

    assert {(each["caller"], each["place"], each["direction"]) for each in found} == {
        ("bank-app", "Citizen", "narrows"),
        ("county-officer", "Citizen", "narrows"),
    }
    assert diff(folder).returncode == 0


def test_question_that_the_new_rules_fail_on_is_denied_there(folder: Path) -> None:
    (folder / "new/datong/departments/public_security.rego").write_text(
        "package datong.departments.public_security\n\n"
        'deny["Citizen.name"] contains "x" if {\n'
        '\tinput.caller.department == "heming_bank"\n\tto_number("no") > 1\n}\n'
    )

    found = changes(folder)

    fields = {(each["caller"], each["after"]) for each in found if each["use"] != "rows"}
    assert fields == {("bank-app", "deny")}


def test_case_tables_serve_as_questions(folder: Path) -> None:
    change_grant(folder, "county_990102", "Citizen.idNumber", mask=None)

    done = datong(folder, "policy", "diff", "old", "new", "--cases", "--format", "json")

    document = json.loads(done.stdout)
    assert done.returncode == 1
    assert document["questions"] > 50
    assert [each["place"] for each in document["changes"]] == ["Citizen.idNumber"]


@pytest.mark.parametrize("arguments", [("--cases",), ASKED], ids=["cases", "questions"])
def test_changed_grants_that_no_question_asks_for_are_named(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    coordinates = ("Citizen.creditRating", "Citizen.housingFund")
    for coordinate in coordinates:
        change_grant(folder, "natural_resources", coordinate, mask="initial")
    told = ", ".join(f"natural_resources {each} registration" for each in coordinates)

    equal = datong(folder, "policy", "diff", "old", "old", *arguments)
    done = datong(folder, "policy", "diff", "old", "new", *arguments)
    document = json.loads(
        datong(folder, "policy", "diff", "old", "new", *arguments, "--format", "json").stdout
    )

    assert "note" not in equal.stderr
    assert done.returncode == 0
    assert "0 changes" in done.stderr
    assert f"no question asks for what 2 changed grants would open: {told}\n" in done.stderr
    assert [each["coordinate"] for each in document["unasked"]] == list(coordinates)


def test_of_many_unasked_grants_the_first_are_named(folder: Path) -> None:
    file = folder / "new/data/grants.json"
    document = json.loads(file.read_text())
    document["grants"]["heming_bank"] |= {
        f"Vehicle.f{number}": {"loan": GRANT} for number in range(7)
    }
    file.write_text(json.dumps(document))

    told = diff(folder).stderr

    assert "7 changed grants" in told
    assert "heming_bank Vehicle.f4 loan, and 2 more" in told
    assert "Vehicle.f5" not in told


def test_grant_whose_change_shows_is_not_named(folder: Path) -> None:
    change_grant(folder, "county_990102", "Citizen.idNumber", mask=None)

    done = datong(folder, "policy", "diff", "old", "new", "--cases")

    assert "1 change:" in done.stderr
    assert "no question asks" not in done.stderr


def test_grant_that_opens_a_use_or_a_purpose_nobody_asks_for_is_named(folder: Path) -> None:
    uses = {"select": True, "filter": True}
    change_grant(folder, "county_990102", "Citizen.idNumber", uses=uses)
    change_grant(
        folder,
        *("county_990102", "Citizen.name"),
        purposes={"data-return": True, "case-handling": True},
    )

    told = diff(folder).stderr

    assert "county_990102 Citizen.idNumber return, county_990102 Citizen.name return" in told


def test_grant_in_whose_place_the_tables_put_another_is_named(folder: Path) -> None:
    # The tables have rows of this department, but grants of their own for it.
    grants = {"public_security": {"Citizen.name": {"real": GRANT}}}
    for name, expires in (("old", 4102444800), ("new", 4102444801)):
        file = folder / name / "data/grants.json"
        document = json.loads(file.read_text())
        real = {**GRANT, "expires": expires, "purposes": {"case-handling": True}}
        grants["public_security"]["Citizen.name"]["real"] = real
        file.write_text(json.dumps({"grants": {**document["grants"], **grants}}))

    done = datong(folder, "policy", "diff", "old", "new", "--cases")

    assert "what 1 changed grant would open: public_security Citizen.name real" in done.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "asked.jsonl:1"),
        ('{"contract": 1}', "asked.jsonl:1"),
        ("[]", "asked.jsonl:1"),
        ("", "holds no question"),
    ],
)
def test_line_that_is_no_question_is_wrong_usage(folder: Path, line: str, words: str) -> None:
    (folder / "asked.jsonl").write_text(line)

    done = diff(folder)

    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_questions_and_cases_exclude_each_other(folder: Path) -> None:
    assert diff(folder, "--cases").returncode == 2
    assert datong(folder, "policy", "diff", "old", "new").returncode == 2


def test_bundles_are_written_with_their_revisions_and_equal_each_time(folder: Path) -> None:
    arguments = ("--supergraph", "all.graphql", "--format", "json")
    first = datong(folder, "policy", "bundle", "--out", "a", *arguments)
    datong(folder, "policy", "bundle", "--out", "b", *arguments)

    listed = json.loads(first.stdout)["bundles"]
    assert [each["name"] for each in listed] == ["policy", "catalogue", "grants"]
    for each in listed:
        archive = (folder / each["file"]).read_bytes()
        assert len(archive) == each["bytes"]
        assert archive == (folder / "b" / Path(each["file"]).name).read_bytes()
        assert each["revision"].startswith(f"{each['name']}-")


def test_policies_that_cannot_be_loaded_are_not_bundled(folder: Path) -> None:
    (folder / "new/datong/odd.rego").write_text("package datong.odd\n\nx := http.send({})\n")

    done = datong(
        folder,
        *("policy", "bundle", "--out", "a", "--supergraph", "all.graphql", "--policies", "new"),
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert "http.send" in done.stderr
    assert not (folder / "a").exists()


@pytest.mark.skipif(OPA is None, reason="no opa on PATH")
def test_a_stock_opa_decides_from_the_bundles(folder: Path) -> None:
    datong(folder, "policy", "bundle", "--out", "made", "--supergraph", "all.graphql")
    (folder / "question.json").write_text(json.dumps(QUESTIONS[0].to_json()))
    bundles = [f"--bundle=made/{name}.tar.gz" for name in ("policy", "catalogue", "grants")]

    done = subprocess.run(
        [str(OPA), "eval", *bundles, "--input=question.json", "data.datong.access.decision"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )

    decision = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
    assert decision["fields"]["Citizen.idNumber"]["select"]["mask"] == "last4"
    assert decision["row_filters"]["Citizen"]["value"] == "990102"
