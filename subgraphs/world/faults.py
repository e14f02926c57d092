"""Why there is no demo data."""


class DatabaseUnusable(Exception):
    """The database cannot be reached, or does not let the rows be written."""


class SchemaTaken(DatabaseUnusable):
    """A schema of a department's name exists that this program did not make."""
