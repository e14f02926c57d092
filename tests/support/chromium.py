"""A real browser for tests, driven by the DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_chromium() -> str | None:
    """The path of a browser."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """One page of a headless browser.

    Attributes:
        requests: URLs of everything it asked for, pages and workers alike.
        messages: Errors on its console.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.requests: list[str] = []
        self.messages: list[str] = []
        self._socket = socket
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._enabling: list[asyncio.Future[Any]] = []
        self._number = 0
        self._session: str | None = None

    async def listen(self) -> None:
        async for message in self._socket:
            event = json.loads(message.data)
            if "id" in event:
                self._waiting.pop(event["id"]).set_result(event)
                continue
            params = event.get("params", {})
            match event["method"]:
                case "Network.requestWillBeSent":
                    self.requests.append(params["request"]["url"])
                case "Runtime.exceptionThrown":
                    self.messages.append(json.dumps(params["exceptionDetails"])[:500])
                case "Log.entryAdded" if params["entry"]["level"] == "error":
                    self.messages.append(params["entry"]["text"][:500])
                case "Target.attachedToTarget":
                    # Workers ask for files, too.
                    enable = self.send("Network.enable", session=params["sessionId"])
                    self._enabling.append(asyncio.ensure_future(enable))

    async def send(self, method: str, *, session: str | None = None, **params: Any) -> Any:
        self._number += 1
        number = self._number
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session or self._session:
            message["sessionId"] = session or self._session
        await self._socket.send_json(message)
        return (await answer).get("result")

    async def open(self) -> None:
        target = await self.send("Target.createTarget", url="about:blank")
        attached = await self.send(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            await self.send(f"{domain}.enable")
        await self.send(
            "Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True
        )

    async def go(self, url: str) -> None:
        await self.send("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        done = await self.send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    async def wait_for(self, script: str, seconds: float = 20) -> Any:
        """The first truthy value of an expression."""
        until = time.monotonic() + seconds
        while True:
            value = await self.run(script)
            if value:
                return value
            if time.monotonic() > until:
                raise AssertionError(f"not within {seconds} s: {script}\n{self.messages}")
            await asyncio.sleep(0.1)

    async def choose(self, name: str, value: str) -> None:
        """Selects an option as a person would."""
        await self.wait_for(f"!!document.querySelector('select[name={name}]')")
        await self.run(
            f"""(() => {{
              const select = document.querySelector('select[name={name}]');
              const set = Object.getOwnPropertyDescriptor(
                HTMLSelectElement.prototype, 'value').set;
              set.call(select, {json.dumps(value)});
              select.dispatchEvent(new Event('change', {{ bubbles: true }}));
            }})()"""
        )

    async def screenshot(self, file: Path) -> bytes:
        taken = await self.send("Page.captureScreenshot", format="png")
        image = base64.b64decode(taken["data"])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(image)
        return image


@asynccontextmanager
async def browsing(browser: str) -> AsyncIterator[Page]:
    """A page of a fresh browser, until the context ends."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                browser,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--window-size=1400,900",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            address = await _debugger(Path(profile), process)
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(address, max_msg_size=0) as socket,
            ):
                page = Page(socket)
                listening = asyncio.create_task(page.listen())
                await page.open()
                yield page
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
        finally:
            process.terminate()
            process.wait(10)


async def _debugger(profile: Path, process: subprocess.Popen[bytes]) -> str:
    file = profile / "DevToolsActivePort"
    for _ in range(200):
        if file.exists() and len(lines := file.read_text().split()) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        assert process.poll() is None, "the browser ended"
        await asyncio.sleep(0.1)
    raise AssertionError("the browser does not open its debugger")
