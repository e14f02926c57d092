"""The reference pages say what the code says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_printed_reference_pages_are_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "tools" / "write_reference.py"), "--check"]

    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, f"{checked.stderr}(make docs writes them)"
