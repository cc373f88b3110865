"""Serves the invented installation to a real browser and takes pictures of its pages."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from victoros.ops.bench.scratch import ROOT, Scratch, make_scratch
from victoros.ops.pictures.packing import pack
from victoros.ops.processes import end_with_parent

PAGES = {
    "board": "/",
    "needs-me": "/needs-me/",
    "swarm": "/swarms/1/",
    "agents": "/agents/",
    "agent": "/agents/1/",
    "tasks": "/tasks/?view=board",
    "task": "/tasks/4/",
    "mail": "/mail/",
    "audit": "/audit/",
    "costs": "/costs/?days=30",
    "providers": "/providers/",
    "cells": "/cells/",
    "settings": "/settings/?q=cell",  # all of them would tell paths of the machine that takes the picture
}
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
LOOKS = ("light", "dark")
DOCUMENTED = (
    "board", "board-phone", "board-dark", "board-phone-dark", "swarm", "agent", "task", "costs", "providers", "settings",
)  # fmt: skip
"""The pictures that README and the documents show."""
SCENE = "from victoros.ops.pictures import scene; print(scene.{})"
SERVED_WITH = {"VICTOR_LEASE_S": "120", "VICTOR_HOST_NAME": "north-1"}
"""Cells stay alive while pictures are taken, and the page of settings names no real host."""
CHROMIUM_OPTIONS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --force-color-profile=srgb"
).split()


@dataclass(frozen=True)
class Wish:
    """What to take: addresses by name, sizes, looks, and whether whole pages."""

    pages: dict[str, str]
    sizes: list[str]
    looks: list[str]
    is_whole: bool = False
    only: tuple[str, ...] = ()
    """Names of pictures; empty takes all."""


def name_of(page: str, size: str, look: str) -> str:
    """Return the name of a picture: desk and light go without saying."""
    return "-".join([page, *([size] if size != "desk" else []), *([look] if look != "light" else [])])


def take_pictures(wish: Wish, folder: Path, chromium: str) -> list[Path]:
    """Take every page in every size and look as `page[-phone][-dark].png`; return the files."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with make_scratch("sqlite") as scratch, sync_playwright() as playwright:
        link = _play(scratch, "build()").splitlines()[-1]
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        with _serving(scratch) as site:
            cookies = _sign_in(browser, site + link)
            made = [
                path for look in wish.looks for size in wish.sizes
                for path in _take_all(browser, site, scratch, cookies, wish, folder, look, size)
            ]  # fmt: skip
        browser.close()
    return made


def _take_all(
    browser: Any, site: str, scratch: Scratch, cookies: Any, wish: Wish, folder: Path, look: str, size: str
) -> Iterator[Path]:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=look, reduced_motion="reduce"
    )
    context.add_cookies(cookies)
    page = context.new_page()
    _play(scratch, "freshen()")
    for name, address in wish.pages.items():
        if wish.only and name_of(name, size, look) not in wish.only:
            continue
        page.goto(site + address)
        page.wait_for_selector("[data-live-state=live], body:not(:has([data-live]))", timeout=15_000)
        page.wait_for_load_state("networkidle")
        path = folder / f"{name_of(name, size, look)}.png"
        page.screenshot(path=path, full_page=wish.is_whole)
        if not wish.is_whole:
            pack(path)
        yield path
    context.close()


def _sign_in(browser: Any, link: str) -> Any:
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.wait_for_selector("main")
    cookies = context.cookies()
    context.close()
    return cookies


def _play(scratch: Scratch, act: str) -> str:
    return scratch.run("manage.py", "shell", "--verbosity", "0", "-c", SCENE.format(act))


@contextmanager
def _serving(scratch: Scratch) -> Iterator[str]:
    """Run a web process until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "victoros.asgi:application"]
    with (scratch.home / "web.log").open("ab") as log:
        web = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **scratch.environment, **SERVED_WITH}, stdout=log, stderr=log,
            preexec_fn=end_with_parent(signal.SIGKILL),
        )  # fmt: skip
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
    finally:
        web.kill()
        web.wait(10)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # nosec B310: our own server
            return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
