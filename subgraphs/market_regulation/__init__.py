"""Market regulation: the legal entity base."""
