"""Requests to the admin listener of a running gateway."""

from __future__ import annotations

import urllib.error
import urllib.request

from federation.cli.report import failure, usage_fault
from federation.gateway.settings import Config

WAIT_SECONDS = 150.0
_EXPECTED = {200, 404, 409}


def ask_admin(settings: Config, admin: str | None, method: str, path: str) -> tuple[int, bytes]:
    """Status and body of an answer: 200, 404 or 409; anything else ends the command.

    Args:
        settings: Name the listener and its token.
        admin: URL of another listener.
        method: GET or POST.
        path: What to ask for.
    """
    if admin is None and not settings.server.admin_port:
        raise usage_fault("no admin listener is known: give --admin URL, or set server.admin_port")
    url = admin or f"http://{settings.server.admin_host}:{settings.server.admin_port}"
    if not url.startswith(("http://", "https://")):
        raise usage_fault(f"--admin {url}: a URL such as http://127.0.0.1:14399 is expected")
    request = urllib.request.Request(  # noqa: S310 - http and https only, checked above
        f"{url.rstrip('/')}{path}",
        method=method,
        headers={"authorization": f"Bearer {settings.server.admin_token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as reply:  # noqa: S310
            status, body = reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            status, body = error.code, error.read()
    except OSError as error:
        why = getattr(error, "reason", error)
        raise failure(
            f"{url} cannot be reached: {getattr(why, 'strerror', None) or why}. Is this the "
            "server.admin_port of a gateway that runs?"
        ) from None
    if status not in _EXPECTED:
        raise failure(f"{url} answers with status {status}; is server.admin_token its token?")
    return status, body
