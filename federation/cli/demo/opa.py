"""The policy engine of the demo: embedded, or a real OPA server fed with the gateway's bundles."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any

from federation.cli.demo.keys import DemoKeys
from federation.cli.demo.processes import NotStarted, Processes, free_ports

OPA_MODULE = "github.com/open-policy-agent/opa@v1.22.3"
OPA_PORT = 14390
BUNDLES = ("policy", "catalogue", "grants")


async def start_opa(group: Processes, keys: DemoKeys, choice: str) -> dict[str, Any]:
    """Settings of the section `access` (and, under `server`, of the admin listener).

    Args:
        group: Gets the server's process.
        keys: Of the demo; its folder keeps the server's configuration.
        choice: ``embedded``, ``server``, or the URL of a server that loads the gateway's bundles.

    Raises:
        NotStarted: A server is wanted and no OPA can be had.
    """
    if choice == "embedded":
        return {"engine": "embedded"}
    token = secrets.token_urlsafe(24)
    port, admin_port = free_ports(OPA_PORT, 2)
    access: dict[str, Any] = {
        "engine": "opa",
        "server": {"admin_port": admin_port, "admin_token": token},
    }
    if choice != "server":
        return {**access, "opa_url": choice}
    binary = await asyncio.to_thread(find_opa)
    config = keys.folder / "opa.json"
    config.touch(mode=0o600)
    config.write_text(json.dumps(_config(f"http://127.0.0.1:{admin_port}", token)))
    command = [binary, "run", "--server", "--addr", f"127.0.0.1:{port}", "--log-level", "error"]
    command += ["--config-file", str(config), "--skip-version-check"]
    group.start("opa", f"http://127.0.0.1:{port}", command, {})
    return {**access, "opa_url": f"http://127.0.0.1:{port}"}


def _config(url: str, token: str) -> dict[str, Any]:
    return {
        "services": {"gateway": {"url": url, "credentials": {"bearer": {"token": token}}}},
        "bundles": {
            name: {
                "service": "gateway",
                "resource": f"bundles/{name}.tar.gz",
                "polling": {"min_delay_seconds": 1, "max_delay_seconds": 2},
            }
            for name in BUNDLES
        },
    }


def find_opa() -> str:
    """The path of an OPA binary: from PATH, or built with the Go tool.

    Raises:
        NotStarted: There is neither OPA nor Go, or Go cannot build it.
    """
    found = shutil.which("opa")
    if found:
        return found
    go = shutil.which("go")
    built = Path.home() / "go" / "bin" / "opa"
    if built.is_file():
        return str(built)
    if not go:
        raise NotStarted(
            "no OPA: put `opa` on PATH, install Go, or give the URL of a server (OPA=http://...)"
        )
    done = subprocess.run([go, "install", OPA_MODULE], capture_output=True, text=True, check=False)
    if done.returncode or not built.is_file():
        raise NotStarted(f"go install {OPA_MODULE} failed:\n{done.stderr.strip()[-500:]}")
    return str(built)
