"""The verifier printed in docs/audit.md finds what ours finds, and needs nothing of ours."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from federation.gateway.audit import store as audit_store
from federation.gateway.audit.export import ExportFormat, export_records
from federation.gateway.audit.read import read_trail
from federation.gateway.audit.search import Wanted
from federation.gateway.audit.store import open_audit_store
from tests.support.retention import forge_pruning, retain
from tests.unit.audit.test_store import KEY, TEXT, change, record

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trail of three chains with links, of which the oldest was pruned."""
    file = tmp_path / "audit.sqlite"
    monkeypatch.setattr(audit_store, "HEAD_SECONDS", 0.0)

    async def write() -> None:
        for chain in range(3):
            async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
                for number in range(4):
                    await store.append(
                        replace(record(f"r{chain}.{number}"), at=10 * chain + number), TEXT
                    )
        await retain(f"sqlite:///{file}", KEY, {}, 12, 50, is_dry=False)

    asyncio.run(write())
    return file


NEXT_KEY = Ed25519PrivateKey.generate()


def verified(file: Path, *keys: Ed25519PrivateKey) -> subprocess.CompletedProcess[str]:
    folder = file.parent
    program = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert program is not None
    (folder / "verify.py").write_text(program[1], encoding="utf-8")
    names = []
    for number, key in enumerate(keys or (KEY,)):
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        names.append(f"head{number}.pub")
        (folder / names[-1]).write_bytes(public)
    lines: list[bytes] = []
    asyncio.run(
        read_trail(
            f"sqlite:///{file}",
            lambda trail: export_records(trail, Wanted(), ExportFormat.VERIFIABLE, lines.append),
        )
    )
    (folder / "trail.jsonl").write_bytes(b"".join(lines))
    return subprocess.run(
        [sys.executable, "-I", "verify.py", "trail.jsonl", *names],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_whole_trail_is_whole_to_it(file: Path) -> None:
    done = verified(file)

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.startswith("whole: ")


def test_a_trail_that_two_head_keys_signed_takes_both(file: Path) -> None:
    async def write() -> None:
        async with open_audit_store(f"sqlite:///{file}", NEXT_KEY, "test") as store:
            await store.append(replace(record("next"), at=100), TEXT)

    asyncio.run(write())

    assert verified(file, NEXT_KEY, KEY).stdout.startswith("whole: ")
    for key in (KEY, NEXT_KEY):
        alone = verified(file, key)
        assert (alone.returncode, alone.stderr) == (1, "")
        assert "signed by none of these keys" in alone.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET body = replace(body, 'bank', 'bonk') WHERE sequence = 4",
        "DELETE FROM audit_entry WHERE sequence = 4",
        "DELETE FROM audit_entry WHERE chain = (SELECT max(chain) FROM audit_entry)",
        "DELETE FROM audit_entry WHERE chain = 'register' AND sequence > 3",
        "UPDATE audit_head SET at = at + 100000",
        "UPDATE audit_operation SET text = '{ harmless }'",
    ],
)
def test_what_was_done_to_a_trail_is_found_by_it(file: Path, statement: str) -> None:
    change(file, statement)

    assert verified(file).returncode == 1


def test_a_pruning_that_no_writer_entered_is_found_by_it(file: Path) -> None:
    forge_pruning(file)

    done = verified(file)

    assert (done.returncode, done.stderr) == (1, "")
    assert "has no signed head of its own" in done.stdout
