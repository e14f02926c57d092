"""Runs a command that must not outlive the process that asked for it.

``python leash.py PARENT COMMAND...`` passes on the ending of either side.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import FrameType

CHECK_SECONDS = 0.5


def main(arguments: list[str]) -> int:
    """The command's exit code."""
    parent, command = int(arguments[0]), arguments[1:]
    child = subprocess.Popen(command)

    def pass_on(number: int, _: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    while True:
        try:
            return child.wait(CHECK_SECONDS)
        except subprocess.TimeoutExpired:
            if os.getppid() != parent:
                child.terminate()
                time.sleep(CHECK_SECONDS)
                child.kill()
                return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
