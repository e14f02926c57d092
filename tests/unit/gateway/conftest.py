"""A PostgreSQL server of our own, where its programs are installed."""

from tests.unit.world.conftest import postgresql_server

__all__ = ["postgresql_server"]
