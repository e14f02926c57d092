"""``python -m subgraphs NAME``: start one department, or print its SDL."""

import argparse
import asyncio
import hashlib
import importlib
import logging
import os
import socket
import sys

import uvicorn

from subgraphs.toolkit.access_context import ContextVerifier, KeySet
from subgraphs.toolkit.app import build_app
from subgraphs.toolkit.schema import Department
from subgraphs.world.faults import DatabaseUnusable
from subgraphs.world.sizes import CITIZENS_BY_SIZE
from subgraphs.world.store import database_url, ensure

# Departments in the order of their default ports.
NAMES = (
    "public_security",
    "market_regulation",
    "human_resources",
    "housing_fund",
    "natural_resources",
    "tax",
    "health",
    "education",
)
FIRST_PORT = 14301
KEYS_VARIABLE = "DATONG_CONTEXT_JWKS"
# A secret that all processes of a department share, so that each opens the others' cursors.
CURSOR_VARIABLE = "DATONG_CURSOR_SECRET"


def load_department(name: str) -> Department:
    """The department of that name."""
    department: Department = importlib.import_module(f"subgraphs.{name}.schema").DEPARTMENT
    return department


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the answer is the exit code."""
    options = _read_options(arguments)
    department = load_department(options.name)
    if options.print_sdl:
        sys.stdout.write(department.schema.sdl)
        return 0
    verifier = _open_verifier(department.name, open_to_all=options.open)
    if verifier is None and not options.open:
        sys.stderr.write(
            f"{department.name}: set {KEYS_VARIABLE} to the gateway's JWKS, or --open\n"
        )
        return 2
    try:
        return asyncio.run(_serve(department, options, verifier))
    except DatabaseUnusable as fault:
        sys.stderr.write(f"{department.name}: {fault}\n")
        return 1


def _read_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m subgraphs", description=__doc__)
    parser.add_argument("name", choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--port", type=int, help="0 takes a free one (default: the department's own)"
    )
    parser.add_argument(
        "--database",
        help="sqlite:///FILE, or postgresql://... which is filled with demo data when empty",
    )
    parser.add_argument("--size", default="full", choices=CITIZENS_BY_SIZE, help="of the demo data")
    parser.add_argument(
        "--open", action="store_true", help="answer anybody, without access context"
    )
    parser.add_argument(
        "--print-sdl", action="store_true", help="print the federation SDL and stop"
    )
    options = parser.parse_args(arguments)
    if options.port is None:
        options.port = FIRST_PORT + NAMES.index(options.name)
    return options


def _open_verifier(name: str, *, open_to_all: bool) -> ContextVerifier | None:
    location = os.environ.get(KEYS_VARIABLE)
    if open_to_all or not location:
        return None
    return ContextVerifier(name, KeySet(location))


def _cursor_key() -> bytes | None:
    secret = os.environ.get(CURSOR_VARIABLE)
    return hashlib.sha512(secret.encode()).digest() if secret else None


def _open_database(name: str, options: argparse.Namespace) -> str:
    """URL of the department's database; demo data is made where there is none yet."""
    given: str | None = options.database
    if given is not None and not given.startswith("postgres"):
        return given
    ensure(name, base=given, size=options.size)
    return database_url(name, given, options.size)


async def _serve(
    department: Department, options: argparse.Namespace, verifier: ContextVerifier | None
) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    if verifier is None:
        sys.stderr.write(f"WARNING {department.name} is OPEN: it answers anybody, unfiltered\n")
    app = build_app(department, _open_database(department.name, options), verifier, _cursor_key())
    server = _Server(
        uvicorn.Config(
            app, host=options.host, port=options.port, log_level="warning", access_log=False
        )
    )
    server.name = department.name
    await server.serve()
    return 0 if server.started else 1


class _Server(uvicorn.Server):
    """uvicorn's server that says where it listens, which is news when the port was 0."""

    name: str

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            sys.stderr.write(f"{self.name}: http://{host}:{port}/graphql\n")
            sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
