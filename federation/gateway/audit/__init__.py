"""The audit trail where it is kept: what writes it, and what reads, searches and prunes it."""
