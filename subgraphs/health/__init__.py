"""Health: facilities and encounters."""
