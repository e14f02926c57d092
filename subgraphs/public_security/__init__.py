"""Public security: the population base."""
