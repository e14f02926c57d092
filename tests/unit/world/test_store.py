"""Databases are written once, whole or not at all, and found again by their content."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine

from subgraphs.housing_fund.models import Deposit, HousingFundAccount
from subgraphs.world import demo
from subgraphs.world.__main__ import main
from subgraphs.world.departments import DEPARTMENTS
from subgraphs.world.fingerprint import fingerprint
from subgraphs.world.store import database_url, ensure, home, world_folder

_ENSURE = """
import sys
from subgraphs.world.store import ensure

steps = []
ensure(sys.argv[1], size="small", on_progress=lambda *step: steps.append(step))
print(len(steps))
"""


def test_every_department_gets_a_file_that_its_own_constraints_accept(empty_home: Path) -> None:
    ensure(size="small", on_progress=lambda *_: None)

    for department in DEPARTMENTS:
        path = world_folder("small") / f"{department}.sqlite"
        assert path.is_relative_to(empty_home)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]


@pytest.mark.usefixtures("empty_home")
async def test_the_url_opens_an_asynchronous_engine_on_the_rows() -> None:
    ensure("housing_fund", size="small", on_progress=lambda *_: None)
    engine = create_async_engine(database_url("housing_fund", size="small"))

    async with engine.connect() as connection:
        account = (
            await connection.execute(
                select(HousingFundAccount.__table__).where(
                    HousingFundAccount.account_number == demo.ACCOUNT_NUMBER
                )
            )
        ).one()
        months = await connection.scalars(
            select(Deposit.month)
            .where(Deposit.account_number == demo.ACCOUNT_NUMBER)
            .order_by(Deposit.month)
        )
    await engine.dispose()

    assert account.id_number == demo.CONSENTING.id_number
    assert account.opened_on.isoformat() == "2012-07-01"
    assert account.has_mortgage is False
    assert next(iter(months)) == "2026-01"


@pytest.mark.usefixtures("empty_home")
def test_a_second_call_makes_nothing() -> None:
    steps: list[tuple[str, int, int]] = []

    def record(step: str, done: int, total: int) -> None:
        steps.append((step, done, total))

    ensure(size="small", on_progress=record)
    first = list(steps)
    ensure(size="small", on_progress=record)

    assert steps == first


@pytest.mark.usefixtures("empty_home")
def test_progress_counts_up_to_the_total_and_names_each_department() -> None:
    steps: list[tuple[str, int, int]] = []

    ensure(size="small", on_progress=lambda *step: steps.append(step))

    assert [done for _, done, _ in steps] == list(range(len(steps)))
    assert {total for _, _, total in steps} == {len(steps)}
    assert {step for step, _, _ in steps} >= set(DEPARTMENTS)


def test_departments_that_start_together_write_the_world_once(empty_home: Path) -> None:
    environment = os.environ | {"DATONG_HOME": str(empty_home)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _ENSURE, department],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for department in DEPARTMENTS[:4]
    ]
    steps = [int(process.communicate()[0]) for process in started]

    assert sorted(steps)[:3] == [0, 0, 0]
    assert max(steps) > len(DEPARTMENTS)


def test_worlds_that_nobody_opened_for_a_month_make_room_for_a_new_one(empty_home: Path) -> None:
    unused, used = (empty_home / "world" / name for name in ("full-unused", "full-used"))
    for folder in (unused, used):
        folder.mkdir(parents=True)
    month_ago = unused.stat().st_mtime - 31 * 24 * 3600
    os.utime(unused, (month_ago, month_ago))

    ensure(size="small", on_progress=lambda *_: None)

    assert not unused.exists()
    assert used.exists()


def test_an_interrupted_writer_leaves_nothing_behind(empty_home: Path) -> None:
    def interrupt(step: str, _done: int, _total: int) -> None:
        if step == "tax":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure(size="small", on_progress=interrupt)

    assert not world_folder("small").exists()
    assert [path for path in (empty_home / "world").iterdir() if path.is_dir()] == []


@pytest.mark.parametrize(
    "call",
    [
        lambda: database_url("finance"),
        lambda: ensure("finance"),
        lambda: database_url("tax", size="huge"),
        lambda: database_url("tax", base="mysql://host/database"),
    ],
)
def test_unknown_names_and_databases_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"no such|not a PostgreSQL URL"):
        call()


def test_a_refused_url_does_not_show_its_password() -> None:
    with pytest.raises(ValueError, match="not a PostgreSQL URL") as refused:
        database_url("tax", base="mysql://user:hidden@host/database")

    assert "hidden" not in str(refused.value)


def test_worlds_of_other_size_or_seed_have_other_fingerprints() -> None:
    names = {fingerprint("full", 1), fingerprint("small", 1), fingerprint("small", 2)}

    assert len(names) == 3


def test_home_is_the_users_cache_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATONG_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert home() == Path("/somewhere/datong")

    monkeypatch.delenv("XDG_CACHE_HOME")
    assert home() == Path.home() / ".cache" / "datong"


@pytest.mark.usefixtures("empty_home")
def test_the_command_makes_the_data_and_prints_a_url_for_each_department(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["--size", "small"])

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [[name, database_url(name, size="small")] for name in DEPARTMENTS]
    assert world_folder("small").exists()
