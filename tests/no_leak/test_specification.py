"""README.md of this folder is the specification: each claim of it is a test that exists."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


def test_every_claim_is_a_test() -> None:
    claims = re.findall(r"`([\w/]+\.py)::(\w+)`", (FOLDER / "README.md").read_text())
    missing = [
        f"{file}::{name}"
        for file, name in claims
        for path in [(ROOT if "/" in file else FOLDER) / file]
        if not path.is_file() or f"def {name}(" not in path.read_text()
    ]

    assert len(claims) > 40
    assert missing == []
