"""The demo world: one deterministic fictional city that all eight departments hold a part of."""
