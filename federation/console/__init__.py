"""The web page on which people write queries: GraphiQL, served from local files only."""

from federation.console.page_app import console_routes

__all__ = ["console_routes"]
