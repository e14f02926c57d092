"""``python -m federation.cli``: the command where no script is installed."""

from federation.cli import main

main()
