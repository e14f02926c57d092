"""The command `datong`: one file for each command."""


def main() -> None:
    """Runs the command that the arguments name and exits: 0 fine, 1 findings, 2 wrong usage."""
    from federation.cli.app import app  # noqa: PLC0415 (the entry point's module stays empty)

    app()
