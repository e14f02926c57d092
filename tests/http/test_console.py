"""The query page in a real browser, while the demo runs."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from federation.console.page_app import STATIC
from tests.support.chromium import Page, browsing, find_chromium

IMAGES = Path(__file__).parents[2] / "docs" / "images"
RESPONSE = "document.querySelector('.graphiql-response')?.innerText.replace(/\\u00a0/g, ' ') ?? ''"
START_SECONDS = 150.0

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not (STATIC / "console.js").is_file():
        pytest.skip("the page is not built: make console")
    state = tmp_path_factory.mktemp("state")
    process = subprocess.Popen(
        [sys.executable, "-m", "federation.cli", "demo", "--port", "14350", "--size", "small"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "XDG_STATE_HOME": str(state)},
    )
    assert process.stderr is not None
    try:
        yield _wait_for_page(process)
    finally:
        process.send_signal(signal.SIGINT)
        process.stderr.read()
        process.wait(30)
        process.stderr.close()


def _wait_for_page(process: subprocess.Popen[bytes]) -> str:
    assert process.stderr is not None
    said, until = "", time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if select.select([process.stderr], [], [], 0.5)[0]:
            said += os.read(process.stderr.fileno(), 65536).decode()
            found = re.search(r"(http://127\.0\.0\.1:\d+)/ ", said)
            if found and "Ctrl-C" in said:
                return found[1]
    raise AssertionError(f"the demo did not start:\n{said}")


async def _run_story(page: Page, caller: str, done: str) -> str:
    await page.choose("caller", caller)
    await page.choose("story", "LoanPreApproval")
    await page.wait_for("!!document.querySelector('.graphiql-execute-button:not([disabled])')")
    await page.wait_for("!!document.querySelector('.graphiql-query-editor .view-lines')")
    await page.run("document.querySelector('.graphiql-execute-button').click()")
    answer: str = await page.wait_for(f"({RESPONSE}).includes({done!r}) && ({RESPONSE})")
    return answer


def _image(name: str, folder: Path, request: pytest.FixtureRequest) -> Path:
    """Where a picture goes: into the docs when it is missing there or wanted anew."""
    kept = IMAGES / name
    wanted = request.config.getoption("--update-golden") or not kept.exists()
    return kept if wanted else folder / name


async def test_two_callers_see_different_answers_and_no_other_host_is_asked(
    demo_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    browser = find_chromium()
    if browser is None:
        pytest.skip("no Chromium on PATH")
    async with browsing(browser) as page:
        await page.go(demo_url)
        bank = await _run_story(page, "bank-app", "loanLimit")
        await page.screenshot(_image("story-1-bank-app.png", tmp_path, request))
        dashboard = await _run_story(page, "city-dashboard", "ACCESS_DENIED")
        image = await page.screenshot(_image("story-1-city-dashboard.png", tmp_path, request))
        hosts = {urlsplit(url).netloc for url in page.requests} - {""}
        messages = page.messages

    assert "林**" in bank
    assert "loanLimit" not in dashboard
    assert len(image) > 20_000
    assert hosts == {urlsplit(demo_url).netloc}
    assert not [message for message in messages if "Content Security Policy" in message]
