"""Datong's federation gateway: composition, planning, access, execution, audit.

The packages are the stages of the two pipelines (docs/concepts.md); each imports only from the
layers below it.
"""

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """The version, looked up when it is asked for: that takes the memory of a mail parser."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("datong")
    except PackageNotFoundError:  # a source tree on the path that was never installed
        return "0.0.0"
