#!/usr/bin/env python3
"""As much of curl as the tutorial needs, for machines without it."""

import argparse
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path


def main() -> int:
    """Exit code: 0 when there was an answer, whatever its status."""
    parser = argparse.ArgumentParser(prog="curl")
    parser.add_argument("-s", action="store_true")
    parser.add_argument("--retry", type=int, default=0)
    parser.add_argument("--retry-connrefused", action="store_true")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="data")
    parser.add_argument("url")
    options = parser.parse_args()
    data = None
    if options.data is not None:
        data = (
            Path(options.data[1:]).read_bytes() if options.data[0] == "@" else options.data.encode()
        )
    headers = dict(each.split(": ", 1) for each in options.headers)
    request = urllib.request.Request(options.url, data, headers)
    for left in range(options.retry, -1, -1):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                body = answer.read()
            break
        except urllib.error.HTTPError as error:
            body = error.read()
            if error.code != 503 or not left:
                break
        except OSError:
            if not left:
                return 7
        time.sleep(1)
    sys.stdout.buffer.write(body)
    return 0


if __name__ == "__main__":
    sys.exit(main())
