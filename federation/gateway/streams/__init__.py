"""Event streams from subgraphs, behind execution's ``EventTransport``, and their limits."""
