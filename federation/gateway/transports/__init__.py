"""Ways to reach subgraphs, each behind execution's ``Transport``."""
