"""The department toolkit: from SQLAlchemy models to a federated, filtered, graded subgraph."""
