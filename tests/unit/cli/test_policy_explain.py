"""`datong policy explain` and `datong access why`: reasons, facts, and what really would help."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from federation.access.reasons import REASONS
from federation.gateway.engines import POLICY_FOLDER
from tests.support.demo_schema import demo_supergraph
from tests.unit.cli.test_commands import Done, datong

SUBJECT = "990102199001011239"
ROWS_WITHOUT_A_RIGHT = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@inaccessible"])
  @link(url: "https://specs.datong.dev/governance/v1.0", import: ["@classified", "@sharing"])
type Query { edge: ItemEdge }
type ItemEdge @key(fields: "id") {
  id: ID! @inaccessible @classified(level: 2) @sharing(class: CONDITIONAL, condition: "c")
  cursor: String
}
"""
UNEXPLAINED = """
extend schema
  @link(url: "https://specs.datong.dev/governance/v1.0", import: ["@classified", "@sharing"])
type Query { items(where: Filter): [Item!]! @classified(level: 1) @sharing(class: UNCONDITIONAL) }
input Filter { inner: Where }
input Where { word: String }
type Item { id: ID! @classified(level: 2) @sharing(class: CONDITIONAL, condition: "c") }
"""
LOAN = ("--caller", "bank-app", "--purpose", "loan-pre-approval")


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("schema") / "all.graphql"
    file.write_text(demo_supergraph())
    return file


def explain(schema: Path, *arguments: str) -> list[dict[str, Any]]:
    done = datong(
        schema.parent,
        "policy",
        "explain",
        *arguments,
        "--supergraph",
        str(schema),
        "--format",
        "json",
    )
    assert done.returncode == 0, done.stderr
    fields: list[dict[str, Any]] = json.loads(done.stdout)["fields"]
    return fields


def why(schema: Path, *arguments: str) -> Done:
    return datong(schema.parent, "access", "why", *arguments, "--supergraph", str(schema))


def kinds(field: dict[str, Any]) -> list[list[str]]:
    return [[remedy["kind"] for remedy in way] for way in field["ways"]]


def test_denied_field_shows_reasons_facts_and_the_smallest_way_to_it(schema: Path) -> None:
    (field,) = explain(schema, "Citizen.annualIncome", *LOAN)

    assert (field["effect"], field["rule"]) == ("deny", "clearance")
    assert [reason["code"] for reason in field["reasons"]] == [
        "clearance_too_low",
        "grant_required",
    ]
    assert all(reason["text"]["en"] and reason["text"]["zh"] for reason in field["reasons"])
    assert (field["catalogue"]["level"], list(field["catalogue"]["owners"])) == (3, ["tax"])
    assert kinds(field) == [["clearance", "grant"]]


def test_a_grant_is_shown_with_all_its_terms(schema: Path, tmp_path: Path) -> None:
    shutil.copytree(POLICY_FOLDER / "data", tmp_path / "data")
    file = tmp_path / "data" / "grants.json"
    document = json.loads(file.read_text())
    terms = {"starts": 1_700_000_000, "scenario": "statistics of the county"}
    document["grants"]["county_990102"]["Citizen.name"]["return"].update(terms)
    file.write_text(json.dumps(document))
    asked = ("--caller", "county-officer", "--purpose", "data-return", "--data", "data")

    done = datong(
        tmp_path, "policy", "explain", "Citizen.name", *asked, "--supergraph", str(schema)
    )

    assert (
        "filter select sort, for data-return, from 2023-11-14 22:13:20Z,"
        " until 2100-01-01 00:00:00Z, roles county_officer,"
        " scenario statistics of the county, region"
    ) in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("command", "grants"),
    [("explain", '{"grants": {}}'), ("lint", '{"nobody": {}}'), ("coverage", '{"grants": {}}')],
)
def test_data_is_that_of_the_folder_given_then_that_of_the_settings(
    schema: Path, tmp_path: Path, command: str, grants: str
) -> None:
    shutil.copytree(POLICY_FOLDER, tmp_path / "tried")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "grants.json").write_text(grants)
    (tmp_path / "datong.toml").write_text('[access]\ndata = "other"\n')
    folder = ("--policies", "tried") if command == "explain" else ("tried",)
    field = ("Citizen.name", "--caller", "county-officer", "--purpose", "data-return")
    asked = (*(field if command == "explain" else ()), *folder, "--format", "json")
    others = ("--config", "datong.toml", "--supergraph", str(schema))

    beside = datong(tmp_path, "policy", command, *asked, "--supergraph", str(schema))
    told = datong(tmp_path, "policy", command, *asked, *others)
    given = datong(tmp_path, "policy", command, *asked, *others, "--data", "other")
    shutil.rmtree(tmp_path / "tried" / "data")
    bare = datong(tmp_path, "policy", command, *asked, *others)

    assert told.stdout == beside.stdout
    assert bare.stdout == given.stdout != told.stdout


def test_people_are_told_of_rules_that_fail_in_a_sentence(schema: Path, tmp_path: Path) -> None:
    shutil.copytree(POLICY_FOLDER, tmp_path / "new")
    file = Path("datong/departments/public_security.rego")
    (tmp_path / "new" / file).write_text(
        "package datong.departments.public_security\n\n"
        'deny["Citizen.name"] contains "x" if {\n'
        '\tinput.caller.department == "heming_bank"\n\tto_number("no") > 1\n}\n'
    )
    asked = ("Citizen.name", *LOAN, "--policies", "new", "--supergraph", str(schema))
    # A process of its own: a log that nobody set up is not to be had beside that of the tests.
    done = subprocess.run(
        [sys.executable, "-m", "federation.cli", "policy", "explain", *asked],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stderr.splitlines() == [
        f"warning: rules of public_security fail at {file}:5:16: its fields have no decision"
    ]


def test_caller_of_a_kind_that_no_token_may_have_is_wrong_usage(schema: Path) -> None:
    asked = ("Citizen.name", "--caller", '{"kind": "robot"}', "--supergraph", str(schema))
    done = datong(schema.parent, "policy", "explain", *asked)

    assert (done.returncode, done.stdout) == (2, "")
    assert "--caller: its kind is neither person nor application" in done.stderr


def test_grant_that_needs_consent_is_shown_with_what_it_lacks(schema: Path) -> None:
    (field,) = explain(schema, "Citizen.name", *LOAN)

    assert field["grants"]["loan"]["lacking"] == ["needs consent"]
    assert kinds(field) == [["consent"]]


def test_consent_opens_the_rows_of_its_subject(schema: Path) -> None:
    (field,) = explain(schema, "Citizen.name", *LOAN, "--consent", SUBJECT)

    assert (field["effect"], field["mask"]) == ("mask", "initial")
    assert field["row_filter"] == {"field": "idNumber", "op": "eq", "value": SUBJECT}
    assert field["ways"] == []


def test_consent_may_be_described_in_a_file(schema: Path) -> None:
    file = schema.parent / "consent.json"
    file.write_text(json.dumps({"subject": SUBJECT, "fields": ["Citizen.loanLimit"]}))

    name, limit = explain(
        schema, "Citizen.name", "Citizen.loanLimit", *LOAN, "--consent", "consent.json"
    )

    assert (name["effect"], limit["effect"]) == ("deny", "allow")


def test_a_field_that_tells_of_rows_takes_a_right_to_one_of_their_fields(schema: Path) -> None:
    consent = json.dumps({"subject": SUBJECT, "fields": ["Citizen.housingFund"]})
    done = why(schema, "Citizen.housingFund", *LOAN, "--consent", consent, "--format", "json")
    consented = why(schema, "Citizen.housingFund", *LOAN, "--consent", SUBJECT)

    (field,) = json.loads(done.stdout)["fields"]
    assert (done.returncode, field["effect"]) == (1, "deny")
    assert "row_right_required" in [reason["code"] for reason in field["reasons"]]
    assert field["cause"]["coordinate"].startswith("HousingFundAccount.")
    assert "HousingFundAccount" in field["cause"]["text"]["zh"]
    assert field["missing"][0][0]["en"].startswith("Send the consent of the person concerned")
    assert consented.returncode == 0, consented.stdout


def test_rows_of_a_type_none_of_whose_fields_gives_a_right_are_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.graphql").write_text(ROWS_WITHOUT_A_RIGHT)
    listed = [{"name": "police", "url": "http://127.0.0.1:9", "file": "a.graphql"}]
    (tmp_path / "all.json").write_text(json.dumps(listed))
    done = datong(
        tmp_path,
        *("access", "why", "Query.edge", *LOAN, "--subgraphs", "all.json"),
        *("--format", "json"),
    )

    (edge,) = json.loads(done.stdout)["fields"]
    assert "row_right_required" in [reason["code"] for reason in edge["reasons"]]
    assert "cause" not in edge
    assert edge["missing"][0][0]["en"].startswith("No request and no grant can open Query.edge:")


def test_every_use_is_explained_apart(schema: Path) -> None:
    fields = explain(
        schema,
        "Citizen.idNumber",
        *LOAN,
        "--consent",
        SUBJECT,
        "--use",
        "select",
        "--use",
        "filter",
    )
    joined = explain(schema, "Citizen.annualIncome", *LOAN, "--feeds", "Citizen.loanLimit")

    assert [(each["use"], each["effect"]) for each in fields] == [
        ("select", "deny"),
        ("filter", "allow"),
    ]
    assert [(each["use"], each["effect"]) for each in joined] == [("join", "allow")]


def test_a_type_stands_for_all_its_fields(schema: Path) -> None:
    fields = explain(schema, "CreditRating", *LOAN)

    assert {each["coordinate"] for each in fields} >= {"CreditRating.score", "CreditRating.grade"}


def test_what_is_said_to_help_does_help(schema: Path, tmp_path: Path) -> None:
    (before,) = explain(schema, "Citizen.annualIncome", *LOAN)
    data = tmp_path / "data"
    shutil.copytree(POLICY_FOLDER / "data", data)
    grants = json.loads((data / "grants.json").read_text())
    grant = {
        "purposes": {"loan-pre-approval": True},
        "uses": {"select": True},
        "expires": 4102444800,
    }
    grants["grants"]["heming_bank"]["Citizen.annualIncome"] = {"new": grant}
    (data / "grants.json").write_text(json.dumps(grants))
    caller = json.dumps({"kind": "application", "department": "heming_bank", "clearance": 3})

    (after,) = explain(
        schema,
        *("Citizen.annualIncome", "--caller", caller, "--purpose", "loan-pre-approval"),
        *("--data", str(data)),
    )

    assert (before["effect"], after["effect"]) == ("deny", "mask")


def test_each_granted_purpose_is_a_way_of_its_own(schema: Path) -> None:
    (field,) = explain(schema, "Citizen.name", "--caller", "bank-app")

    assert kinds(field) == [["purpose", "consent"]]
    assert field["ways"][0][0]["purpose"] == "loan-pre-approval"


def test_department_that_refuses_programs_is_no_matter_of_grants(schema: Path) -> None:
    caller = json.dumps({"kind": "application", "department": "health", "clearance": 4})

    (field,) = explain(
        schema, "Citizen.bloodType", "--caller", caller, "--purpose", "case-handling"
    )

    assert field["rule"] == "departments"
    assert kinds(field) == [["kind"]]


def test_unknown_field_has_no_way(schema: Path) -> None:
    (field,) = explain(schema, "Citizen.nothing", *LOAN)

    assert ([reason["code"] for reason in field["reasons"]], field["ways"]) == (
        ["unknown_field"],
        [],
    )


def test_people_read_effect_reasons_facts_and_the_way(schema: Path) -> None:
    done = datong(
        schema.parent,
        *("policy", "explain", "Citizen.name", "Citizen.nothing", "Citizen.anualIncome", *LOAN),
        *("--supergraph", str(schema)),
    )

    assert done.returncode == 0
    for shown in (
        "bank-app (application) of heming_bank",
        "Citizen.name select: deny",
        "because · 原因 consent_required",
        "level 2, CONDITIONAL",
        "does not count: needs consent",
        "To open it",
        "Nothing that a caller or a grant could change opens it.",
        "Citizen.annualIncome, Citizen.name",
    ):
        assert shown in done.stdout


@pytest.mark.parametrize(("language", "has"), [("en", (1, 0)), ("zh", (0, 1)), ("both", (1, 1))])
def test_people_read_reasons_and_ways_in_the_language_they_want(
    schema: Path, language: str, has: tuple[int, int]
) -> None:
    done = datong(
        schema.parent,
        *("policy", "explain", "Citizen.name", "Citizen.nothing", *LOAN, "--language", language),
        *("--supergraph", str(schema)),
    )

    for english, chinese in (
        ("a grant opens it for consenting persons", "授权仅对已同意的个人开放"),
        ("Send the consent of the person concerned", "请在请求头 Datong-Consent 中附上"),
        ("Nothing that a caller or a grant could change", "调用方和授权都无法将其开放"),
        ("clearance", "许可级别"),
        ("rule", "规则"),
        ("because", "原因"),
        ("level 2, CONDITIONAL", "2 级，CONDITIONAL"),
        ("does not count: needs consent", "不适用：需要同意"),
        ("holds until", "有效至"),
        ("no such field of an object type", "没有这样的对象类型字段"),
        ("To open it", "开放方式"),
    ):
        assert (english in done.stdout, chinese in done.stdout) == has


def test_why_says_one_sentence_for_each_missing_thing_in_two_languages(schema: Path) -> None:
    done = why(schema, "Citizen.annualIncome", *LOAN)

    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[0] == "Citizen.annualIncome may not be read. Missing: 不可读取。尚缺："
    assert [line[:4] for line in lines[1:]] == ["  - ", "    "] * 2
    assert "clearance of 3" in lines[1]
    assert "Tax Bureau" in lines[3]
    assert "税务局" in lines[4]
    assert "申请授权" in lines[4]


def test_why_speaks_one_language_where_asked(schema: Path) -> None:
    english = why(schema, "Citizen.name", *LOAN, "--language", "en").stdout
    chinese = why(schema, "Citizen.name", *LOAN, "--language", "zh").stdout

    assert "Datong-Consent" in english
    assert not re.search(r"[\u4e00-\u9fff]", english)
    assert "不可读取" in chinese
    assert "may not" not in chinese


def test_narrow_screens_cut_no_chinese_sentence(schema: Path) -> None:
    done = datong(
        schema.parent,
        *("policy", "explain", "Citizen.name", *LOAN, "--supergraph", str(schema)),
        COLUMNS="60",
    )

    assert "…" not in done.stdout


def test_why_parts_ways_of_which_one_is_enough_in_one_language_too(
    schema: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(POLICY_FOLDER / "data", data)
    grants = json.loads((data / "grants.json").read_text())
    grant = {
        "purposes": {"loan-pre-approval": True, "case-handling": True},
        "uses": {"select": True},
        "level": 3,
        "expires": 4102444800,
    }
    grants["grants"]["heming_bank"]["Citizen.annualIncome"] = {"new": grant}
    (data / "grants.json").write_text(json.dumps(grants))

    done = why(
        schema,
        *("Citizen.annualIncome", "--caller", "bank-app", "--language", "zh"),
        *("--data", str(data)),
    )

    assert done.stdout.splitlines()[2] == "  或"


def test_why_ends_with_0_where_nothing_is_missing(schema: Path) -> None:
    done = why(schema, "Region.population", "--caller", "city-dashboard")

    assert (done.returncode, done.stdout) == (0, "Region.population may be read. 可以读取。\n")


def test_why_says_what_a_field_cannot_be_asked_without(schema: Path) -> None:
    done = why(schema, "Query.citizen", "--caller", "county-officer", "--language", "en")

    assert done.returncode == 1
    assert "Asking it tests Citizen.idNumber, by an argument that it must have" in done.stdout
    assert "to filter by Citizen.idNumber" in done.stdout


NOBODY = ("--caller", '{"clearance": 3}')


def test_why_tells_a_count_that_is_shown_from_a_minimum_on(schema: Path) -> None:
    count, seen = "Company.employeeCount", "Region.population"
    text = why(schema, count, seen, *NOBODY, "--language", "en")
    answer = why(schema, count, seen, *NOBODY, "--format", "json")
    (schema.parent / "one.toml").write_text("[access]\nsmallest_count = 1\n")
    shown = why(schema, count, *NOBODY, "--language", "en", "--config", "one.toml")

    assert text.returncode == 0
    first, note, second = text.stdout.splitlines()
    assert (first, second) == (f"{count} may be read.", f"{seen} may be read.")
    assert note.strip().startswith("Counts below 5 are null (count_too_small)")
    small, whole = json.loads(answer.stdout)["fields"]
    assert (small["effect"], small["smallest_count"]) == ("allow", 5)
    assert "低于 5" in small["notes"][0]["zh"]
    assert (whole["notes"], "smallest_count" in whole) == ([], False)
    assert shown.stdout == f"{count} may be read.\n"


def test_why_says_of_an_argument_what_it_tests(schema: Path) -> None:
    done = why(schema, "Query.citizen(idNumber:)", *LOAN, "--language", "en")
    given = ("Query.certificate(number:)", "Query.citizens(first:)", "Query.citizens(where:)")
    answer = why(schema, *given, *LOAN, "--format", "json")

    assert done.returncode == 1
    assert done.stdout.splitlines()[:2] == [
        "Query.citizen(idNumber:) may not be given. Missing:",
        "  It filters by Citizen.idNumber.",
    ]
    assert "Datong-Consent" in done.stdout
    number, first, where = json.loads(answer.stdout)["fields"]
    assert [each["effect"] for each in (number, first, where)] == ["allow"] * 3
    assert {"coordinate": "Diploma.certificateNumber", "use": "filter"} in number["tests"]
    assert (first["tests"], where["tests"]) == ([], [])
    assert [note["en"] for note in first["notes"]] == ["By itself it tests no field."]
    assert where["notes"][1]["en"].startswith("What is written in its value is decided on")


def test_why_says_of_an_argument_what_its_field_lacks(schema: Path) -> None:
    asked = "Citizen.encounters(first:)"
    done = why(schema, asked, *LOAN, "--format", "json")

    (answer,) = json.loads(done.stdout)["fields"]
    assert (done.returncode, answer["effect"], answer["tests"]) == (1, "deny", [])
    assert answer["cause"] == {
        "coordinate": "Citizen.encounters",
        "use": "select",
        "text": {
            "en": "It is an argument of Citizen.encounters, which may not be read.",
            "zh": "它是 Citizen.encounters 的参数，而该字段不可读取。",
        },
    }
    assert answer["missing"]


def test_why_says_of_what_is_written_in_an_argument_what_it_tests(schema: Path) -> None:
    denied = why(schema, "CitizenFilter.idNumber", "CitizenOrder.NAME", *LOAN, "--format", "json")
    given = ("FacilityFilter.kind", "ObjectionInput.claimedValue")
    open_ = why(schema, *given, *LOAN, "--format", "json")

    assert (denied.returncode, open_.returncode) == (1, 0), denied.stderr + open_.stderr
    number, name = json.loads(denied.stdout)["fields"]
    kind, claimed = json.loads(open_.stdout)["fields"]
    assert number["tests"] == [{"coordinate": "Citizen.idNumber", "use": "filter"}]
    assert number["cause"]["text"]["en"] == "It filters by Citizen.idNumber."
    assert "Datong-Consent" in number["missing"][0][0]["en"]
    assert name["tests"] == [{"coordinate": "Citizen.name", "use": "sort"}]
    assert "to sort by Citizen.name" in name["missing"][0][0]["en"]
    assert [note["en"] for note in kind["notes"]] == ["It filters by Facility.kind."]
    # A mutation looks for no rows by what it is told.
    assert [note["en"] for note in claimed["notes"]] == ["By itself it tests no field."]


def test_why_says_what_is_asked_for_an_input_that_nobody_explained(tmp_path: Path) -> None:
    (tmp_path / "items.graphql").write_text(UNEXPLAINED)
    listed = [{"name": "items", "url": "http://127.0.0.1:9", "file": "items.graphql"}]
    (tmp_path / "all.json").write_text(json.dumps(listed))
    asked = ("Where.word", *NOBODY, "--language", "en", "--subgraphs", "all.json")

    done = datong(tmp_path, "access", "why", *asked)

    assert done.returncode == 1
    assert done.stdout.splitlines()[1].strip() == (
        "Its department has not said what it tests, so that the right to give"
        " Query.items(where:) is asked for."
    )


def test_a_field_of_mutations_is_asked_in_one(schema: Path, tmp_path: Path) -> None:
    policies = shutil.copytree(POLICY_FOLDER, tmp_path / "policies")
    entry = policies / "datong" / "access.rego"
    line = "#     - operation.name\n"
    entry.write_text(entry.read_text().replace(line, f"#     - operation.kind\n{line}"))
    with (policies / "datong" / "departments" / "public_security.rego").open("a") as rules:
        rules.write(
            '\ndeny["Mutation.raiseObjection"] contains "persons_only" if {\n'
            '\tinput.operation.kind == "query"\n}\n'
        )
    asked = ("Mutation.raiseObjection", *LOAN, "--policies", str(policies))

    alone = why(schema, *asked)
    both = why(schema, "Query.citizen", *asked)

    assert (alone.returncode, both.returncode) == (0, 2), alone.stdout + alone.stderr
    assert "never in one operation" in both.stderr


def test_why_knows_an_argument_that_does_not_exist_from_one_that_may_not_be_given(
    schema: Path,
) -> None:
    done = why(schema, "Query.citizen(nothing:)", *LOAN, "--language", "en")

    assert done.returncode == 1
    assert "the catalogue does not know it" in done.stdout


def test_why_says_that_nothing_helps_where_nothing_does(schema: Path) -> None:
    done = why(schema, "Citizen.nothing", *LOAN, "--format", "json")

    answer = json.loads(done.stdout)["fields"][0]
    assert done.returncode == 1
    assert answer["effect"] == "deny"
    assert answer["missing"][0][0]["en"].startswith("No request and no grant can open")


def test_caller_without_department_is_told_that_grants_need_one(schema: Path) -> None:
    done = why(schema, "Citizen.name", "--caller", '{"clearance": 3}', "--language", "en")

    assert "this caller belongs to none" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("Citizen.name", "--caller", "nobody"),
        ("Nothing", "--caller", "bank-app"),
        ("Query.citizen(idNumber)", "--caller", "bank-app"),
        ("Citizen.name",),
        ("Citizen.name", "--caller", "bank-app", "--consent", '{"fields": []}'),
        ("Citizen.name", "--caller", "bank-app", "--consent", '{"subject": "1", "expires": "x"}'),
        ("Citizen.name", "--caller", "bank-app", "--consent", '{"subject": "1", "field": []}'),
        ("Citizen.name", "--caller", "bank-app", "--policies", "nowhere"),
        ("Citizen.name", "--caller", "bank-app", "--data", "nowhere"),
    ],
)
def test_wrong_usage_ends_with_2(schema: Path, arguments: tuple[str, ...]) -> None:
    for command in (("policy", "explain"), ("access", "why")):
        done = datong(schema.parent, *command, *arguments, "--supergraph", str(schema))

        assert (done.returncode, done.stdout) == (2, ""), done.stderr


@pytest.mark.parametrize("command", [("policy", "explain"), ("access", "why")])
def test_a_file_is_no_coordinate_and_what_explains_it_is_told(
    schema: Path, command: tuple[str, str]
) -> None:
    for name in ("query.graphql", "Citizen.name"):
        (schema.parent / name).write_text("{ __typename }")
    asked = ("--caller", "bank-app", "--supergraph", str(schema))
    refused = datong(schema.parent, *command, "query.graphql", *asked)
    known = datong(schema.parent, *command, "Citizen.name", *asked)
    told = datong(schema.parent, *("explain", "--stage", "decision", "query.graphql"), *asked)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "query.graphql is a file; write Type.field" in refused.stderr
    assert "datong explain --stage decision query.graphql --caller" in refused.stderr
    assert known.stdout
    assert told.returncode == 0, told.stderr


def test_every_reason_of_the_delivered_rules_has_its_text() -> None:
    text = (POLICY_FOLDER / "datong/access.rego").read_text()
    table = text[text.index("rule_of := {") : text.index("}", text.index("rule_of := {"))]

    assert set(re.findall(r'"(\w+)": "', table)) <= REASONS.keys()


@pytest.mark.parametrize("command", [("policy", "explain"), ("access", "why")])
def test_a_purpose_that_the_policies_do_not_know_is_wrong_usage(
    schema: Path, command: tuple[str, str]
) -> None:
    asked = ("Citizen.name", "--caller", "bank-app", "--purpose", "loan")
    done = datong(schema.parent, *command, *asked, "--supergraph", str(schema))

    assert (done.returncode, done.stdout) == (2, "")
    assert "--purpose loan: the policies know no such purpose" in done.stderr
    assert "loan-pre-approval" in done.stderr
