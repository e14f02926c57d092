"""`datong audit ...` as somebody with a terminal uses it, offline, on a trail in a file."""

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from federation.audit import digest_key_id, subject_digest
from federation.cli.app import app
from federation.gateway.audit.keys import digest_key, head_key
from federation.gateway.audit.store import open_audit_store
from tests.unit.audit.test_search import citizens, trail
from tests.unit.audit.test_store import change

NUMBER = "99010219900101123X"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trail, its keys, and settings that name them."""
    folder = tmp_path_factory.mktemp("audit")
    (folder / "datong.toml").write_text(
        f'[audit]\ndatabase = "sqlite:///{folder / "audit.sqlite"}"\n'
        f'key_file = "{folder / "audit.key"}"\nhead_key_file = "{folder / "head.pem"}"\n'
    )
    secret = digest_key(str(folder / "audit.key"))
    ann = subject_digest(secret, NUMBER)

    async def write() -> None:
        key, url = head_key(str(folder / "head.pem")), f"sqlite:///{folder / 'audit.sqlite'}"
        named_by = digest_key_id(secret)
        opened = open_audit_store(url, key, "test", lambda: 500, digest_key_id=named_by)
        async with opened as store:
            for each in trail():
                known = citizens(ann) if each.request_id == "r3" else each.entities
                await store.append(replace(each, entities=known), "{ citizen { name } }")

    asyncio.run(write())
    return folder


def datong(folder: Path, *arguments: str, input: str | None = None) -> Result:  # noqa: A002
    command = ["audit", *arguments, "--config", str(folder / "datong.toml")]
    return CliRunner().invoke(app, command, input=input, env={"COLUMNS": "200"})


def rows(result: Result) -> list[list[str]]:
    """Words of each line of a table, its head left out."""
    assert result.exit_code == 0, result.output
    return [line.split() for line in result.stdout.splitlines()[1:]]


def test_search_lists_what_was_released_and_says_how_much(folder: Path) -> None:
    found = datong(folder, "search", "--from", "bank")

    assert [row[-1] for row in rows(found)] == ["r1", "r3", "r2"]
    assert (
        " ".join(rows(found)[0])
        == "1970-01-01 00:00:01 app bank loan query 2 allow 1 mask 1 answered r1"
    )
    assert "3 records." in found.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--field", "Citizen.income"], ["r1", "r2", "r4"]),
        (["--outcome", "refused"], ["r5"]),
        (["--since", "1970-01-01T00:00:03"], ["r4", "r5"]),
        (["--until", "1970-01-01T00:00:02+00:00"], ["r1"]),
        (["--request", "r2", "--all"], ["r2", "r2", "r2"]),
        (["--since", "7d"], []),
        (["--department", "people", "--purpose", "loan", "--caller", "app"], ["r1", "r3"]),
    ],
)
def test_search_by(folder: Path, arguments: Sequence[str], expected: list[str]) -> None:
    done = datong(folder, "search", "--format", "json", *arguments)

    assert [each["record"]["request_id"] for each in json.loads(done.stdout)["records"]] == expected


def test_search_turns_pages(folder: Path) -> None:
    first = datong(folder, "search", "--size", "2")
    last = datong(folder, "search", "--size", "2", "--page", "3")

    assert [row[-1] for row in rows(first)] == ["r1", "r3"]
    assert "--page 2" in first.stderr
    assert [row[-1] for row in rows(last)] == ["r5"]
    assert "further" not in last.stderr


def test_a_person_is_found_by_a_number_from_stdin_however_it_is_written(folder: Path) -> None:
    done = datong(folder, "subject", input=f" {NUMBER.lower()}\n")

    (row,) = rows(done)
    assert row[-1] == "r3"
    assert "Citizen.name" in row
    assert NUMBER not in done.output.upper()
    nobody = datong(folder, "subject", input="99010219900101124X\n")
    assert (nobody.exit_code, nobody.stdout) == (0, "")
    assert "mistyped" in nobody.stderr
    assert datong(folder, "subject", input="\n").exit_code == 2


def test_a_key_that_is_not_the_one_of_these_records_is_told_from_a_person_whom_none_names(
    folder: Path, tmp_path: Path
) -> None:
    copy = _copied(folder, tmp_path)
    nobody = datong(copy, "subject", input="99010219900101124X\n")
    (copy / "audit.key").unlink()
    digest_key(str(copy / "audit.key"))
    wrong = datong(copy, "subject", "--format", "json", input=f"{NUMBER}\n")

    async def write() -> None:
        key, url = head_key(str(copy / "head.pem")), f"sqlite:///{copy / 'audit.sqlite'}"
        fresh = digest_key_id(digest_key(str(copy / "audit.key")))
        async with open_audit_store(url, key, "test", digest_key_id=fresh) as store:
            await store.append(trail()[0])

    asyncio.run(write())
    both = datong(copy, "subject", "--format", "json", input=f"{NUMBER}\n")
    later = datong(copy, "subject", "--since", "1d", input=f"{NUMBER}\n")
    (copy / "audit.key").write_bytes(b"short")
    short = datong(copy, "subject", input=f"{NUMBER}\n")

    assert "another key" not in nobody.stderr
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "is not the key" in wrong.stderr
    assert both.exit_code == 0
    told = json.loads(both.stdout)
    assert (told["chains"], told["chainsOfOtherKeys"], told["reads"]) == (2, 1, [])
    assert "1 of the 2 chains" in both.stderr
    assert "another key" not in later.stderr
    assert (short.exit_code, "fewer than 32 bytes" in short.stderr) == (2, True)


def test_a_trail_that_does_not_tell_its_key_says_that_the_key_may_be_wrong(
    folder: Path, tmp_path: Path
) -> None:
    copy = _copied(folder, tmp_path)

    async def write() -> None:
        url = f"sqlite:///{copy / 'audit.sqlite'}"
        async with open_audit_store(url, head_key(str(copy / "head.pem")), "test") as store:
            await store.append(trail()[0])

    asyncio.run(write())
    nobody = datong(copy, "subject", input="99010219900101124X\n")

    assert (nobody.exit_code, nobody.stdout) == (0, "")
    assert "another key_file" in nobody.stderr


def test_a_department_sees_its_readers(folder: Path) -> None:
    done = datong(folder, "department", "tax")
    told = datong(folder, "department", "tax", "--format", "json", "--since", "1970-01-01T00:00:03")

    assert [" ".join(row[:8]) for row in rows(done)] == [
        "bank app loan 2 2 1 0 1",
        "county clerk 1 2 0 0 0 0",
    ]
    assert [each["caller"] for each in json.loads(told.stdout)["reads"]] == ["clerk"]


def test_an_export_comes_with_its_digest(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "records.csv"

    done = datong(folder, "export", "--format", "csv", "--out", str(out))

    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    assert (tmp_path / "records.csv.sha256").read_text() == f"{digest}  records.csv\n"
    assert digest in done.stderr
    assert len(out.read_text().splitlines()) == 1 + 5


def test_an_export_of_what_cannot_be_read_leaves_the_last_one(folder: Path, tmp_path: Path) -> None:
    out, other = tmp_path / "records.csv", tmp_path / "other.sqlite"
    out.write_text("the last one")
    for content, why in ((None, "No such file"), (b"no database at all", "not a database")):
        if content is not None:
            other.write_bytes(content)

        done = datong(folder, "export", "--out", str(out), "--database", f"sqlite:///{other}")

        assert (done.exit_code, out.read_text()) == (1, "the last one")
        assert why in done.stderr


def test_records_are_readable_in_a_narrow_terminal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.cli.audit_find._FILE_WIDTH", 60)

    done = datong(folder, "search", "--from", "bank", "--size", "1")

    assert "…" not in done.stdout
    assert [" ".join(line.split()) for line in done.stdout.splitlines()] == [
        "time (UTC) request",
        "1970-01-01 00:00:01 caller app r1",
        "of bank",
        "purpose loan",
        "operation query",
        "fields 2 allow 1 mask",
        "objects 1",
        "outcome answered",
    ]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["verify"], "verifying"),
        (["search"], "reading the trail"),
        (["department", "tax"], "reading the trail"),
        (["subject"], "reading the trail"),
        (["export", "--format", "jsonl", "--out"], "reading the trail"),
        (["export", "--format", "csv", "--out"], "reading the trail"),
        (["export", "--format", "verifiable", "--out"], "reading the trail"),
    ],
)
def test_on_a_terminal_a_long_command_says_how_far_it_is(
    folder: Path, tmp_path: Path, arguments: list[str], what: str
) -> None:
    if arguments[-1] == "--out":
        arguments = [*arguments, str(tmp_path / "records")]
    command = ["audit", *arguments, "--config", str(folder / "datong.toml")]
    seen = {"COLUMNS": "200", "FORCE_COLOR": "1"}
    watched = CliRunner().invoke(app, command, input=f"{NUMBER}\n", env=seen)
    unwatched = datong(folder, *arguments, input=f"{NUMBER}\n")

    assert (watched.exit_code, unwatched.exit_code) == (0, 0), watched.output
    assert f"{what}: 8 of 8 records" in watched.stderr
    assert " of 8 records" not in watched.stdout
    assert what not in unwatched.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["index"], ["indexing: 8 of 8 records"]),
        (["index", "--check"], ["comparing: 8 of 8 records"]),
        (["retain", "--older-than", "1d", "--dry-run"], ["verifying: 8 of 8 records"]),
        (
            ["retain", "--older-than", "1d"],
            ["verifying: 8 of 8 records", "removing: 8 of 8 records"],
        ),
    ],
)
def test_on_a_terminal_a_command_that_changes_the_trail_says_how_far_it_is(
    folder: Path, tmp_path: Path, arguments: list[str], told: list[str]
) -> None:
    copy = _copied(folder, tmp_path)
    datong(copy, "index")
    command = ["audit", *arguments, "--config", str(copy / "datong.toml")]
    seen = {"COLUMNS": "200", "FORCE_COLOR": "1"}
    watched = CliRunner().invoke(app, command, env=seen)

    assert watched.exit_code == 0, watched.output
    assert [each for each in told if each in watched.stderr] == told
    assert ("removing" in watched.stderr) == (len(told) == 2)


def test_heads_of_a_key_that_was_not_given_are_told_shortly(folder: Path, tmp_path: Path) -> None:
    copy = _copied(folder, tmp_path)
    (copy / "head.pem").unlink()
    head_key(str(copy / "head.pem"))

    done = datong(copy, "verify")

    assert done.exit_code == 1
    assert "entry 1: forged" in done.stdout
    assert "give that too by --key" in done.stderr
    assert "not proven: 8 records." in done.stderr


def test_a_trail_of_two_head_keys_is_whole_by_the_old_one_beside_the_configured_one(
    folder: Path, tmp_path: Path
) -> None:
    copy, old = _rotated(folder, tmp_path)

    alone = datong(copy, "verify")
    both = datong(copy, "verify", "--key", old)
    (copy / "head.pem").unlink()
    lost = datong(copy, "verify", "--key", old)

    assert alone.exit_code == 1
    assert both.exit_code == 0, both.output
    assert (lost.exit_code, "audit.head_key_file: " in lost.stderr) == (2, True)


def test_an_anchor_proves_what_lies_before_it(folder: Path, tmp_path: Path) -> None:
    anchor = tmp_path / "anchor.json"

    made = datong(folder, "anchor", "--out", str(anchor))
    whole = datong(folder, "verify", "--anchor", str(anchor))
    told = datong(folder, "verify", "--anchor", str(anchor), "--format", "json")

    assert hashlib.sha256(anchor.read_bytes()).hexdigest() in made.stderr
    assert whole.exit_code == 0, whole.output
    assert "UTC: 8 records;" in whole.stderr
    assert {key: json.loads(told.stdout)[key] for key in ("anchored", "signed", "unsigned")} == {
        "anchored": 8,
        "signed": 0,
        "unsigned": 0,
    }
    anchor.write_text("{}")
    assert datong(folder, "verify", "--anchor", str(anchor)).exit_code == 2


async def test_chains_that_nobody_closed_are_told_of(tmp_path: Path) -> None:
    settings = (
        f'database = "sqlite:///{tmp_path / "a.sqlite"}"\nhead_key_file = "{tmp_path / "h"}"\n'
    )
    (tmp_path / "datong.toml").write_text(f"[audit]\n{settings}")
    key = head_key(str(tmp_path / "h"))
    async with open_audit_store(f"sqlite:///{tmp_path / 'a.sqlite'}", key, "test") as store:
        await store.append(trail()[0])
        # The command has an event loop of its own.
        living = await asyncio.to_thread(datong, tmp_path, "verify")
    ended = await asyncio.to_thread(datong, tmp_path, "verify")

    assert living.exit_code == 0, living.output
    assert "Chains that are open: 1." in living.stderr
    assert "are open" not in ended.stderr


def test_retention_says_what_would_go_and_then_lets_it_go(folder: Path, tmp_path: Path) -> None:
    copy = _copied(folder, tmp_path)

    nothing = datong(copy, "retain")
    dry = datong(copy, "retain", "--older-than", "1y", "--dry-run")
    done = datong(copy, "retain", "--older-than", "1y")
    after = datong(copy, "verify")

    assert nothing.exit_code == 2
    assert "Would be removed: 8 records older than" in dry.stderr
    assert "Removed: 8 records older than" in done.stderr
    assert after.exit_code == 0, after.output
    assert "as the register says: 1 chain." in after.stderr


def test_retention_goes_on_after_the_head_key_was_changed(folder: Path, tmp_path: Path) -> None:
    copy, old = _rotated(folder, tmp_path)
    period = ("--older-than", "1y")

    alone = datong(copy, "retain", *period)
    dry = datong(copy, "retain", *period, "--dry-run", "--key", old)
    done = datong(copy, "retain", *period, "--key", old)
    after = datong(copy, "verify", "--key", old)

    assert alone.exit_code == 1
    assert "give that too by --key" in alone.stderr
    assert "Would be removed: 9 records older than" in dry.stderr
    assert done.exit_code == 0, done.output
    assert "Removed: 9 records older than" in done.stderr
    assert after.exit_code == 0, after.output
    assert "as the register says: 2 chains." in after.stderr


def test_a_trail_that_is_not_whole_ends_with_1_and_keeps_its_records(
    folder: Path, tmp_path: Path
) -> None:
    copy = _copied(folder, tmp_path)
    change(copy / "audit.sqlite", "DELETE FROM audit_entry WHERE sequence = 2")

    assert datong(copy, "verify").exit_code == 1
    assert datong(copy, "retain", "--older-than", "1y").exit_code == 1
    assert len(rows(datong(copy, "search"))) == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "--field", "nonsense"],
        ["search", "--since", "yesterday"],
        ["search", "--outcome", "great"],
        ["department", "tax", "--since", "2026-12-01", "--until", "2026-12-01"],
        ["verify", "--key", "no-such-file"],
        ["search", "--page", "0"],
        ["export", "--format", "xml"],
        ["export", "--format", "verifiable", "--caller", "x"],
        ["retain", "--older-than", "soon"],
        ["retain", "--older-than", "0d"],
        ["retain", "--older-than", "1y", "--key", "no-such-file"],
        ["retain", "--older-than", "99999y"],
        ["index", "--check", "--anew"],
        ["verify", "--anchor", "no-such-file"],
        ["department"],
    ],
)
def test_wrong_usage_ends_with_2(folder: Path, arguments: list[str]) -> None:
    done = datong(folder, *arguments)

    assert done.exit_code == 2
    assert done.stdout == ""


def test_a_key_that_is_not_there_is_not_made(folder: Path, tmp_path: Path) -> None:
    copy = _copied(folder, tmp_path)
    (copy / "audit.key").unlink()
    (copy / "head.pem").unlink()

    assert datong(copy, "subject", input="1\n").exit_code == 2
    assert datong(copy, "retain", "--older-than", "1y").exit_code == 2
    assert not (copy / "audit.key").exists()
    assert not (copy / "head.pem").exists()


def _copied(folder: Path, to: Path) -> Path:
    for file in folder.iterdir():
        content = file.read_bytes()
        if file.suffix == ".toml":
            content = content.replace(str(folder).encode(), str(to).encode())
        (to / file.name).write_bytes(content)
    return to


def _rotated(folder: Path, to: Path) -> tuple[Path, str]:
    """The trail, gone on with after its head key was changed; the file of the old key."""
    copy, old = _copied(folder, to), to / "head.old.pem"
    (copy / "head.pem").rename(old)

    async def write() -> None:
        key, url = head_key(str(copy / "head.pem")), f"sqlite:///{copy / 'audit.sqlite'}"
        async with open_audit_store(url, key, "test", lambda: 900) as store:
            await store.append(trail()[0])

    asyncio.run(write())
    return copy, str(old)


def test_an_index_is_made_and_compared(folder: Path) -> None:
    made = datong(folder, "index", "--anew")
    right = datong(folder, "index", "--check")
    change(folder / "audit.sqlite", "UPDATE audit_index_block SET until = 0")
    wrong = datong(folder, "index", "--check")
    again = datong(folder, "index", "--anew")

    assert f"{len(trail())} new records" in made.stderr
    assert (right.exit_code, wrong.exit_code, again.exit_code) == (0, 1, 0)
    assert f"records 1 to {len(trail())}" in wrong.stderr
    found = datong(folder, "search", "--format", "json", "--caller", "app")
    ids = [each["record"]["request_id"] for each in json.loads(found.stdout)["records"]]
    assert ids == ["r1", "r3", "r2"]


def test_an_index_is_not_made_where_no_trail_is(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    change(other, "CREATE TABLE something (else_ TEXT)")

    done = datong(folder, "index", "--database", f"sqlite:///{other}")

    assert done.exit_code == 1
    with sqlite3.connect(other) as connection:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    connection.close()
    assert tables == 1


def test_what_is_not_found_is_told_beside_json_too(folder: Path) -> None:
    nobody = datong(folder, "subject", "--format", "json", input="99010219900101124X\n")
    nothing = datong(folder, "department", "taxx", "--format", "json")

    assert (json.loads(nobody.stdout)["reads"], json.loads(nothing.stdout)["reads"]) == ([], [])
    assert "mistyped" in nobody.stderr
    assert "is that its subgraph's name?" in nothing.stderr


def test_one_record_is_not_many(folder: Path) -> None:
    assert "\n1 record.\n" in f"\n{datong(folder, 'search', '--request', 'r1').stderr}"
    one = datong(folder, "department", "tax", "--since", "1970-01-01T00:00:03")
    assert "1 caller and purpose." in one.stderr


def test_a_time_that_no_calendar_has_is_shown_as_it_is(folder: Path, tmp_path: Path) -> None:
    copy, years = _copied(folder, tmp_path), "1" + "0" * 18
    change(
        copy / "audit.sqlite",
        f"UPDATE audit_entry SET body = replace(body, '\"at\":1100,', '\"at\":{years},')",
        "UPDATE audit_entry SET body = CAST(body AS BLOB)",
    )

    shown = datong(copy, "search", "--request", "r1")
    table = datong(copy, "export", "--format", "csv", "--out", str(tmp_path / "r.csv"))

    assert rows(shown)[0][0] == years
    assert table.exit_code == 0, table.output
    assert f"{years},{years}," in (tmp_path / "r.csv").read_text()
