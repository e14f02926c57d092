"""`datong policy test`: what passes, what fails and how that is told."""

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from federation.gateway.engines import POLICY_FOLDER
from tests.unit.cli.test_commands import datong

OPA = shutil.which("opa") or shutil.which("opa", path=str(Path.home() / "go" / "bin"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(POLICY_FOLDER, tmp_path / "rego")
    return tmp_path / "rego"


@contextmanager
def empty_opa() -> Iterator[str]:
    assert OPA is not None, "callers skip without OPA"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [OPA, "run", "--server", "--addr", address, "--log-level", "error"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(200):
                try:
                    urllib.request.urlopen(f"http://{address}/health", timeout=1).close()
                    break
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.05)
            yield f"http://{address}"
        finally:
            server.terminate()


def test_delivered_policies_pass_their_tests(folder: Path) -> None:
    done = datong(folder, "policy", "test")

    assert (done.returncode, done.stdout) == (0, "")
    assert "0 failed on the embedded engine" in done.stderr


def test_rule_about_two_fields_together_fails_since_answers_are_kept_field_by_field(
    folder: Path,
) -> None:
    file = folder / "datong/departments/tax.rego"
    file.write_text(
        file.read_text() + '\ndeny["Citizen.creditRating"] contains "together" if {\n'
        '\tinput.fields["Citizen.loanLimit"]\n\tinput.fields["Citizen.creditRating"]\n}\n'
    )

    done = datong(folder, "policy", "test", str(folder), "--format", "json")

    told = [
        each["what"] for test in json.loads(done.stdout)["tests"] for each in test["differences"]
    ]
    assert done.returncode == 1
    assert [each for each in told if each.startswith("Citizen.creditRating")]
    assert [each for each in told if each.endswith("asked alone")]


def test_failing_row_shows_what_was_wanted_and_what_was_answered(folder: Path) -> None:
    file = folder / "cases/rules.yaml"
    text = file.read_text()
    old = "Region.population: {select: deny purpose_unknown}"
    assert old in text
    file.write_text(text.replace(old, "Region.population: {select: allow grant:none}"))

    done = datong(folder, "policy", "test", str(folder))
    document = json.loads(datong(folder, "policy", "test", str(folder), "--format", "json").stdout)

    assert done.returncode == 1
    assert "FAILED rules: a purpose nobody knows denies even open data" in done.stdout
    assert "cases/rules.yaml:2" in done.stdout
    failed = [test for test in document["tests"] if not test["passed"]]
    assert [test["differences"] for test in failed] == [
        [
            {
                "what": "Region.population select",
                "wanted": "allow grant:none",
                "got": "deny purpose_unknown",
            }
        ]
    ]


def test_failing_rule_is_told_with_the_line_that_did_not_hold(folder: Path) -> None:
    (folder / "datong/odd_test.rego").write_text(
        "package datong.odd_test\n\n"
        'test_wrong if {\n\tx := lower("A")\n\tx == "b"\n\tx != "c"\n}\n\n'
        'test_failing if to_number("no") > 1\n\ntest_right if true\n'
    )

    document = json.loads(datong(folder, "policy", "test", str(folder), "--format", "json").stdout)

    failed = {
        test["name"]: test["differences"][0] for test in document["tests"] if not test["passed"]
    }
    assert set(failed) == {"datong.odd_test.test_wrong", "datong.odd_test.test_failing"}
    assert failed["datong.odd_test.test_wrong"]["what"] == 'datong/odd_test.rego:5: x == "b"'
    assert "odd_test.rego:9" in failed["datong.odd_test.test_failing"]["got"]


def test_answer_that_changes_before_its_valid_until_fails_its_row(folder: Path) -> None:
    # A department reads the clock and hides it from the merge.
    (folder / "datong/departments/public_security.rego").write_text(
        "package datong.departments.public_security\n\n"
        'deny["Citizen.phone"] contains "late" if input.now > 1800000005\n'
    )

    done = datong(folder, "policy", "test", str(folder))

    assert done.returncode == 1
    assert "one second before valid_until" in " ".join(done.stdout.split())


def test_coverage_names_files_and_lines_that_never_ran(folder: Path) -> None:
    file = folder / "datong/departments/tax.rego"
    text = (
        file.read_text()
        + '\ndeny["Citizen.annualIncome"] contains "x" if {\n\tinput.never\n\tinput.caller\n}\n'
    )
    file.write_text(text)
    line = len(text.splitlines()) - 1

    done = datong(folder, "policy", "test", str(folder), "--coverage", "--format", "json")

    coverage = json.loads(done.stdout)["coverage"]
    assert line in coverage["files"]["datong/departments/tax.rego"]["missed"]
    assert "datong/access_test.rego" not in coverage["files"]
    assert 80 < coverage["percent"] < 100
    shown = datong(folder, "policy", "test", str(folder), "--coverage")
    assert "datong/departments/tax.rego" in shown.stdout


@pytest.mark.parametrize(("threshold", "status"), [("50", 0), ("100", 1)])
def test_too_little_coverage_ends_with_1(folder: Path, threshold: str, status: int) -> None:
    file = folder / "datong/departments/tax.rego"
    file.write_text(
        file.read_text() + '\ndeny["A.b"] contains "x" if {\n\tinput.never\n\tinput.caller\n}\n'
    )

    done = datong(folder, "policy", "test", str(folder), "--threshold", threshold)

    assert done.returncode == status


def test_folder_without_any_test_does_not_pass(tmp_path: Path) -> None:
    (tmp_path / "datong").mkdir()
    (tmp_path / "datong/access.rego").write_text("package datong.access\n\nx := 1\n")

    assert datong(tmp_path, "policy", "test", ".").returncode == 1


def test_rules_of_which_none_can_run_are_told_once_with_file_and_line(folder: Path) -> None:
    file = folder / "datong/departments/tax.rego"
    file.write_text("package datong.departments.tax\n\na := 1 if nowhere == 1\n")

    done = datong(folder, "policy", "test", str(folder))

    assert (done.returncode, done.stdout) == (1, "")
    words = "datong/departments/tax.rego:3:11: use of undefined variable `nowhere` is unsafe"
    assert done.stderr == f"error: {words}\n"


CASES = "- note: first\n  caller: bank-app\n  want: {Citizen.name: {select: deny}}\n"


def fault(folder: Path, file: str, text: str) -> list[str]:
    """What is said of one file with this text, below the folder of tables."""
    (folder / "cases" / file).write_text(text)
    done = datong(folder, "policy", "test", str(folder))
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.replace("error: cases/", "").splitlines()


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ("- note: [open\n  caller: bank-app\n", 4),
        ('- note: "open\n  caller: bank-app\n', 4),
        ("- note: tabs\n\tcaller: bank-app\n", 5),
        ("- note: dedented\n caller: bank-app\n  want: {}\n", 5),
        ("- note: with: colons\n", 4),
        ("- note: nothing\n  want: *nothing\n", 5),
    ],
)
def test_broken_yaml_is_told_with_its_line(folder: Path, rows: str, line: int) -> None:
    assert fault(folder, "odd.yaml", CASES + rows + CASES) == [
        f"odd.yaml:{line}: not YAML from here on"
    ]


@pytest.mark.parametrize(
    ("row", "line", "words"),
    [
        ("- none\n", 4, "the row must be of type object"),
        ("- note: who\n  caller: bank-app\n", 4, "the row lacks want"),
        ("- note: who\n  caller: bank-app\n  want: {}\n", 6, "want must not be empty"),
        (
            "- note: who\n  caller: bank-app\n  want:\n    A.b: {slect: deny}\n",
            7,
            "want.A.b.slect is not known here",
        ),
        (f"{CASES}  valid_untl: 5\n", 7, "valid_untl is not known here"),
        (f"{CASES}  consents: loan\n", 7, "consents must be of type array"),
        (f"{CASES}  consents: [none]\n", 7, "consents none is none of callers.yaml"),
        (
            "- note: who\n  caller: nobody-known\n  want: {A.b: {select: deny}}\n",
            5,
            "caller nobody-known is none of callers.yaml",
        ),
        (
            "- note: who\n  caller: bank-app\n  want:\n    A.b:\n      join: deny\n",
            8,
            "want.A.b.join needs a member feeds that says what it feeds",
        ),
    ],
)
def test_misshapen_row_is_told_with_its_line(folder: Path, row: str, line: int, words: str) -> None:
    assert fault(folder, "odd.yaml", CASES + row) == [f"odd.yaml:{line}: {words}"]


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("odd.yaml", "note: who\n", "odd.yaml:1: the document must be of type array"),
        ("odd.yml", CASES, "odd.yml: call it *.yaml"),
        (
            "catalogue.yaml",
            "demo:\n  A.b: 2 FREE tax\n",
            "catalogue.yaml:2: demo.A.b must be a level or `ungraded`, a sharing class and owners, "
            "such as `2 CONDITIONAL tax`",
        ),
        ("callers.yaml", "callers:\n  me: {id: me}\n", "callers.yaml:2: callers.me lacks kind"),
        ("data.yaml", "purposes:\n  p: {}\n", "data.yaml:2: purposes.p lacks title"),
        ("data.yaml", "purpose: {}\n", "data.yaml:1: purpose is not known here"),
    ],
)
def test_misshapen_file_of_tables_is_told(folder: Path, file: str, text: str, told: str) -> None:
    assert fault(folder, file, text) == [told]


def test_all_faults_of_all_tables_are_told_at_once(folder: Path) -> None:
    (folder / "cases/callers.yaml").unlink()

    assert fault(folder, "odd.yaml", "- none\n- none\n") == [
        "callers.yaml: cannot be read: No such file or directory",
        "odd.yaml:1: the row must be of type object",
        "odd.yaml:2: the row must be of type object",
    ]


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("data/grants.json", b"[]", "grants.json: not an object of data roots"),
        ("data/grants.json", b'{"grants":\n5}', "grants.json:1: grants must be of type object"),
        ("data/grants.json", b'{\n"\xb9": 5}', "grants.json:2: not UTF-8"),
        ("datong/policies.rego", b"package x\n# \xb9", "datong/policies.rego:2: not UTF-8"),
        ("cases/odd.yaml", b"# \xb9", "cases/odd.yaml:1: not UTF-8"),
    ],
)
def test_file_that_is_no_text_or_no_data_is_told(
    folder: Path, file: str, text: bytes, told: str
) -> None:
    (folder / file).write_bytes(text)

    done = datong(folder, "policy", "test", str(folder))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {told}\n"


@pytest.mark.skipif(OPA is None, reason="no opa on PATH")
def test_the_same_tests_run_on_an_opa_server_which_is_left_empty(folder: Path) -> None:
    with empty_opa() as url:
        done = datong(folder, "policy", "test", str(folder), "--opa", url)
        again = datong(folder, "policy", "test", str(folder), "--opa", url)

    embedded = datong(folder, "policy", "test", str(folder))
    assert (done.returncode, again.returncode) == (0, 0), done.stdout + done.stderr
    assert done.stderr.split(" on ")[0] == embedded.stderr.split(" on ")[0]


@pytest.mark.skipif(OPA is None, reason="no opa on PATH")
def test_an_opa_server_that_holds_something_is_left_alone(folder: Path) -> None:
    with empty_opa() as url:
        request = urllib.request.Request(f"{url}/v1/data/mine", data=b"1", method="PUT")
        urllib.request.urlopen(request, timeout=5).close()

        done = datong(folder, "policy", "test", str(folder), "--opa", url)

        with urllib.request.urlopen(f"{url}/v1/data", timeout=5) as response:
            held = json.load(response)["result"]
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert held == {"mine": 1}


def test_a_server_that_does_not_answer_ends_with_1(folder: Path) -> None:
    done = datong(folder, "policy", "test", str(folder), "--opa", "http://127.0.0.1:9")

    assert done.returncode == 1
    assert "does not answer" in done.stderr
