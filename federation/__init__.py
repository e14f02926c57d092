"""Datong's federation gateway: composition, planning, access, execution, audit.

The packages are the stages of the two pipelines (docs/concepts.md); each imports only from the
layers below it.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("datong")
except PackageNotFoundError:  # a source tree on the path that was never installed
    __version__ = "0.0.0"

__all__ = ["__version__"]
