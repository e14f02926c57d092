"""The files that hold the secrets of an audit trail."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from federation.audit import key_id
from federation.gateway.audit.keys import digest_key, head_key

READERS: dict[str, Callable[[str], Any]] = {
    "digest": digest_key,
    "head": lambda file: key_id(head_key(file).public_key()),
}


@pytest.mark.parametrize("kind", READERS)
def test_a_key_is_read_once(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    made = READERS[kind](str(file))
    # What goes through a pipe is there for one reader only.
    out, into = os.pipe()
    os.write(into, file.read_bytes())
    os.close(into)

    try:
        read = READERS[kind](f"/dev/fd/{out}")
    finally:
        os.close(out)

    assert read == made
