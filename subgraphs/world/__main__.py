"""``python -m subgraphs.world``: make the demo data and say where it is."""

import argparse

from rich.console import Console
from sqlalchemy import make_url

from subgraphs.world.departments import DEPARTMENTS
from subgraphs.world.sizes import CITIZENS_BY_SIZE
from subgraphs.world.store import database_url, ensure


def main(arguments: list[str] | None = None) -> None:
    """Fill the databases of all departments and print a name and URL for each."""
    parser = argparse.ArgumentParser(prog="python -m subgraphs.world", description=__doc__)
    parser.add_argument("--size", choices=list(CITIZENS_BY_SIZE), default="full")
    parser.add_argument(
        "--database", metavar="URL", help="a PostgreSQL database instead of SQLite files"
    )
    options = parser.parse_args(arguments)
    ensure(base=options.database, size=options.size)
    console = Console(soft_wrap=True, highlight=False)
    for department in DEPARTMENTS:
        url = make_url(database_url(department, options.database, options.size))
        console.print(f"{department:<18} {url.render_as_string()}", markup=False)


if __name__ == "__main__":
    main()
