"""Where the departments' databases are, and that they are there.

Without a base each department has an SQLite file in a folder of the user's cache, named after the
fingerprint of its content. With a PostgreSQL URL as base each has a schema in that database.
"""

import asyncio
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import URL, make_url

from subgraphs.world.departments import DEPARTMENTS, check_department, metadata_of, rows_of
from subgraphs.world.fingerprint import fingerprint
from subgraphs.world.sizes import DEFAULT_SEED
from subgraphs.world.values import Rows

Progress = Callable[[str, int, int], None]
"""Told what is being made next, how many steps are done and how many there are."""

# Parts of the world that generation announces one by one.
_PARTS = 11
_UNUSED_SECONDS = 30 * 24 * 3600


def database_url(department: str, base: str | None = None, size: str = "full") -> str:
    """SQLAlchemy's URL, for an asynchronous engine, of a department's database.

    Args:
        department: Name of the subgraph.
        base: None for SQLite, or ``postgresql://user:password@host/database``.
        size: A key of CITIZENS_BY_SIZE.
    """
    check_department(department)
    if base is None:
        path = world_folder(size) / f"{department}.sqlite"
        url = URL.create("sqlite+aiosqlite", database=str(path))
    else:
        # The driver takes settings of the session only from a connection string. One that holds
        # just the settings leaves host, user and password to the URL itself, where logs hide it.
        given = _postgresql(base)
        settings = urlencode({**given.query, "search_path": department}, doseq=True)
        url = given.set(
            drivername="postgresql+asyncpg", query={"dsn": f"postgresql:///?{settings}"}
        )
    return url.render_as_string(hide_password=False)


def ensure(
    *departments: str,
    base: str | None = None,
    size: str = "full",
    on_progress: Progress | None = None,
) -> None:
    """Return once the databases of ``departments`` (of all, when none is named) are filled.

    All departments are written together, by whichever process comes first; the others wait.
    May be called with or without a running event loop, which it blocks.

    Args:
        departments: Names of subgraphs.
        base: As for ``database_url``.
        size: As for ``database_url``.
        on_progress: None shows a bar on standard error.

    Raises:
        DatabaseUnusable: The PostgreSQL database cannot be filled.
    """
    for department in departments:
        check_department(department)
    if base is None:
        _ensure_sqlite(size, on_progress)
    else:
        dsn = _postgresql(base).render_as_string(hide_password=False)
        _ensure_postgresql(dsn, departments or DEPARTMENTS, size, on_progress)


def home() -> Path:
    """The folder for everything that can be made again: DATONG_HOME, else the user's cache."""
    if chosen := os.environ.get("DATONG_HOME"):
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "datong"


def world_folder(size: str = "full") -> Path:
    """The folder of a world's SQLite files; it exists if and only if all of them are complete."""
    return home() / "world" / f"{size}-{fingerprint(size, DEFAULT_SEED)[:16]}"


def _ensure_sqlite(size: str, on_progress: Progress | None) -> None:
    folder = world_folder(size)
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.parent / ".lock"):
        if folder.exists():
            return
        _forget_unused(folder.parent)
        # A hidden sister folder is on the same file system, so the rename is atomic.
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            _write_sqlite(draft, size, on_progress)
            draft.chmod(0o755)
            draft.rename(folder)
        except BaseException:
            shutil.rmtree(draft)
            raise


def _forget_unused(worlds: Path) -> None:
    """Delete the worlds of older versions; opening a database touches its folder."""
    for folder in worlds.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > _UNUSED_SECONDS:
            shutil.rmtree(folder)


def _write_sqlite(folder: Path, size: str, on_progress: Progress | None) -> None:
    from subgraphs.world.sqlite import write_sqlite  # noqa: PLC0415  not needed to find a file

    with _rows_of_world(size, on_progress) as rows:
        for department in DEPARTMENTS:
            write_sqlite(folder / f"{department}.sqlite", metadata_of(department), rows(department))


def _ensure_postgresql(
    dsn: str, departments: tuple[str, ...], size: str, on_progress: Progress | None
) -> None:
    from subgraphs.world import postgresql  # noqa: PLC0415  the driver is not needed for SQLite

    name = fingerprint(size, DEFAULT_SEED)

    async def ensure_filled() -> None:
        if await postgresql.is_filled(dsn, departments, name):
            return
        tables = {department: metadata_of(department) for department in DEPARTMENTS}
        with _rows_of_world(size, on_progress) as rows:
            await postgresql.fill(dsn, name, tables, rows)

    # A thread of its own, since the caller's may be running an event loop.
    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(asyncio.run, ensure_filled()).result()


@contextmanager
def _rows_of_world(size: str, on_progress: Progress | None) -> Iterator[Callable[[str], Rows]]:
    """A function from department to rows; the world is generated when it is first called."""
    from subgraphs.world.generation import World  # noqa: PLC0415  imports the word lists

    worlds: list[World] = []
    done = 0
    with _bar() if on_progress is None else _given(on_progress) as report:

        def announce(step: str) -> None:
            nonlocal done
            report(step, done, _PARTS + len(DEPARTMENTS))
            done += 1

        def rows(department: str) -> Rows:
            if not worlds:
                worlds.append(World.generate(size, DEFAULT_SEED, announce))
            announce(department)
            return rows_of(department, worlds[0])

        yield rows


@contextmanager
def _given(on_progress: Progress) -> Iterator[Progress]:
    yield on_progress


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console  # noqa: PLC0415  nothing is shown when nothing is made
    from rich.progress import Progress as Bar  # noqa: PLC0415

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("demo data")

        def report(step: str, done: int, total: int) -> None:
            text = f"demo data: {step.replace('_', ' ')}"
            bar.update(task, description=text, completed=done, total=total)

        yield report


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _postgresql(base: str) -> URL:
    url = make_url(base)
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError(f"not a PostgreSQL URL: {url.render_as_string()}")
    return url.set(drivername="postgresql")
