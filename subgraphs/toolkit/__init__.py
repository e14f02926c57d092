"""The department toolkit: from SQLAlchemy models to a federated, filtered, graded subgraph.

In the order in which a department meets them:

- ``types`` and ``vocabulary``: types and fields with a description in two languages and a grade.
- ``scalars``, ``geo``, ``governance``: what all departments share.
- ``sources``: which rows and columns stand behind a type.
- ``inputs``, ``paging``, ``cursors``: typed filters, orders and pages.
- ``scope``: what resolvers work with; look-ups are batched.
- ``schema`` and ``sdl``: the federated schema and its published text.
- ``app``: the service; ``access_context``, ``conditions``, ``row_filters`` and ``database`` see to
  it that a caller gets no more than the gateway allows.
"""
