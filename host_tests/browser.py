"""The Debian Chromium, driven by playwright; no browser is ever downloaded."""

import contextlib
import shutil
from pathlib import Path

import pytest

ARTIFACTS = Path(__file__).parents[1] / "build" / "artifacts"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 860}


def executable():
    """Return the path of Chromium; skip the test with the reason where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    pytest.skip("there is no Chromium here; on Debian: apt-get install chromium")
    return None


@contextlib.contextmanager
def browser():
    """Yield a headless browser."""
    path = executable()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # In a container there is often no user namespace to build a sandbox from.
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield chromium
        finally:
            chromium.close()


@contextlib.contextmanager
def page_of(chromium, size=None, language="sv-SE", scheme="light", scale=1):
    """Yield a page that fails the test on a script's error or on a request to elsewhere."""
    context = chromium.new_context(
        viewport=size or PHONE,
        locale=language,
        timezone_id="Europe/Stockholm",
        color_scheme=scheme,
        device_scale_factor=scale,
    )
    page = context.new_page()
    page.set_default_timeout(20000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: errors.extend(foreign(request.url)))
    try:
        yield page
        assert errors == []
    finally:
        context.close()


def foreign(url):
    """Return the URL in a list if it leads anywhere but to the reader."""
    return [] if url.startswith(("http://127.0.0.1:", "data:")) else [url]


def keep(page, name, **options):
    """Keep a screenshot as an artefact, for people to look at."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / name, animations="disabled", **options)
