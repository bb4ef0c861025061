"""A browser without a window, told what to do through a pipe by the DevTools protocol."""

import fcntl
import itertools
import json
import os
import select
import shutil
import subprocess
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""The browser, if there is one."""
FLAGS = (
    *("--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe"),
)
PATIENCE = 120.0
"""Seconds until an answer is given up."""
KEYS = {"Enter": ("\r", 13), "Escape": ("", 27), "Tab": ("", 9)}
"""Name of a key -> what it types, and its code."""


class Browser:
    """One tab; its profile is an empty folder. To be closed."""

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM is not None
        # the browser reads from 3 and writes to 4, so that nothing else may have these numbers
        read, self._write, self._read, write = (fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (*os.pipe(), *os.pipe()))
        flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else []), f"--user-data-dir={profile}"]
        command = ["bash", "-c", f'exec "$@" 3<&{read} 4>&{write}', "bash", CHROMIUM, *flags, "about:blank"]
        nothing = subprocess.DEVNULL
        self._process = subprocess.Popen(command, pass_fds=(read, write), stdout=nothing, stderr=nothing)
        os.close(read), os.close(write)
        self._numbers, self._unread, self._session = itertools.count(1), b"", {}
        self.events: list[dict[str, Any]] = []
        """What the browser told without being asked: requests, messages of the console, exceptions."""
        (tab,) = [each for each in self.ask("Target.getTargets")["targetInfos"] if each["type"] == "page"]
        session = self.ask("Target.attachToTarget", targetId=tab["targetId"], flatten=True)["sessionId"]
        self._session = {"sessionId": session}
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.ask("Emulation.setFocusEmulationEnabled", enabled=True)  # as if its window were in front

    def close(self) -> None:
        """End the browser."""
        self._session = {}
        self.ask("Browser.close")
        self._process.wait(PATIENCE)
        os.close(self._read), os.close(self._write)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """What the browser answers to a command."""
        number = next(self._numbers)
        os.write(self._write, json.dumps({"id": number, "method": method, "params": params, **self._session}).encode())
        os.write(self._write, b"\0")
        while True:
            told = self._next()
            if told.get("id") == number:
                assert "error" not in told, told["error"]
                return dict(told["result"])
            self.events.append(told)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._read], [], [], PATIENCE)
            assert ready, "the browser does not answer"
            self._unread += os.read(self._read, 1 << 20)
        message, _, self._unread = self._unread.partition(b"\0")
        return dict(json.loads(message))

    # --- what a reader does ------------------------------------------------------------------------------------------

    def open(self, page: Path) -> None:
        """Go to a page and wait until it is there."""
        self.ask("Page.navigate", url=page.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def look(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def click(self, element: str) -> None:
        """Click into the middle of the element that a JavaScript expression gives."""
        box = (
            f"(e => {{ e.scrollIntoView({{block: 'center'}}); return e.getBoundingClientRect().toJSON() }})({element})"
        )
        of = self.look(box)
        at = {"x": of["x"] + of["width"] / 2, "y": of["y"] + of["height"] / 2, "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, **at)
        self._settle()

    def press(self, key: str, shift: bool = False) -> None:
        """Press one of the `KEYS`."""
        text, code = KEYS[key]
        of = {"key": key, "code": key, "windowsVirtualKeyCode": code, "text": text, "modifiers": 8 * shift}
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, **of)
        self._settle()

    def go(self, place: str) -> None:
        """Go to a place of the page: "#summary"."""
        self.look(f"location.hash = {json.dumps(place)}")
        self._settle()

    def _settle(self) -> None:
        """Let the page do what follows."""
        self.look("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")

    def see(self, colours: str) -> None:
        """Prefer "light" or "dark" colours."""
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": colours}])
        self._settle()

    def stretch(self) -> None:
        """Be as high as the page is."""
        size = self.look("[innerWidth, document.scrollingElement.scrollHeight]")
        of = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.ask("Emulation.setDeviceMetricsOverride", **of)
        self._settle()

    def narrow(self, width: int) -> None:
        """Be so wide, in pixels."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=True)
