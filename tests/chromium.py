"""A headless Chromium, driven over a pipe by the DevTools protocol: no port, no driver, no network."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), "")
"""Where a Chromium is, "" where there is none."""
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
TIMEOUT = 60.0
"""Seconds that one answer may take."""
_HIGH = 32
"""Descriptors from here on are in nobody's way: the browser reads on 3 and writes on 4."""
_KEYS = {"?": 191, "Escape": 27, "Tab": 9, "Enter": 13, "Home": 36, "End": 35, " ": 32}
_KEYS |= {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}


class Chromium:
    """A browser with one page; what it logs, throws and asks of the network is kept."""

    def __init__(self, folder: Path) -> None:
        """Start it with an empty profile in a folder."""
        read, write = os.pipe(), os.pipe()
        theirs = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _HIGH) for fd in (read[0], write[1])]
        self._write = fcntl.fcntl(read[1], fcntl.F_DUPFD_CLOEXEC, _HIGH)
        self._read = fcntl.fcntl(write[0], fcntl.F_DUPFD_CLOEXEC, _HIGH)
        for fd in (*read, *write):
            os.close(fd)
        self.pid = os.posix_spawn(
            PROGRAM,
            [PROGRAM, *FLAGS, f"--user-data-dir={folder}", "about:blank"],
            {**os.environ, "HOME": str(folder)},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, theirs[0], 3),
                (os.POSIX_SPAWN_DUP2, theirs[1], 4),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
            setpgroup=0,
        )
        for fd in theirs:
            os.close(fd)
        self._buffer = b""
        self._number = 0
        self._session = ""
        self._events: list[dict[str, Any]] = []
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(one["targetId"] for one in targets if one["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401  # the protocol's own types
        """Return what the browser answers; events that come before it are kept."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        while (answer := self._next()).get("id") != self._number:
            self._events.append(answer)
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + TIMEOUT
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(end - time.monotonic(), 0))
            chunk = os.read(self._read, 1 << 20) if ready else b""
            if not chunk:
                raise AssertionError("the browser is gone, or does not answer")
            self._buffer += chunk
        raw, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(raw)
        return found

    def open(self, path: Path, fragment: str = "") -> None:
        """Load a page from a file, and wait until it is there."""
        self._events.clear()
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=path.as_uri() + fragment)
        while not any(one.get("method") == "Page.loadEventFired" for one in self._since(path.as_uri())):
            self._events.append(self._next())

    def _since(self, url: str) -> list[dict[str, Any]]:
        """Return what has happened since the page at `url` came in place of the one before."""
        for at, one in enumerate(self._events):
            if one.get("method") == "Page.frameNavigated" and one["params"]["frame"]["url"].startswith(url):
                return self._events[at:]
        return []

    def eval(self, script: str) -> Any:  # noqa: ANN401  # whatever the script returns
        """Return the value of a script in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait(self, condition: str, seconds: int = 10) -> None:
        """Return when a condition holds in the page; AssertionError where it does not within some seconds."""
        look = f"if ({condition}) done(true); else if (tries-- > 0) setTimeout(look, 20); else done(false);"
        script = f"new Promise((done) => {{ let tries = {50 * seconds}; const look = () => {{ {look} }}; look(); }})"
        assert self.eval(script) is True, f"never holds: {condition}"

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as a user does."""
        for key in keys:
            code = _KEYS.get(key) or ord(key.upper())
            common = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 8 if key == "?" else 0}
            text = {"text": "\r" if key == "Enter" else key} if len(key) == 1 or key == "Enter" else {}
            self.call("Input.dispatchKeyEvent", type="keyDown", **common, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def click(self, selector: str) -> None:
        """Click into the middle of the first element that matches."""
        self.eval(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        box = self.eval(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            "return [b.x + b.width / 2, b.y + b.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def size(self, width: int, height: int = 900) -> None:
        """Make the window so many CSS pixels wide and high."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def media(self, kind: str = "screen", scheme: str = "light", *, still: bool = True) -> None:
        """Show the page on a screen or as in print, with light or dark colours; `still`: without motion."""
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"},
        ]
        self.call("Emulation.setEmulatedMedia", media=kind, features=features)

    def scripts(self, *, on: bool) -> None:
        """Switch scripts on or off for the next page."""
        self.call("Emulation.setScriptExecutionDisabled", value=not on)

    def shot(self, path: Path, *, full: bool = False) -> None:
        """Write a picture of the window, or of the full page."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=full)["data"]
        path.write_bytes(base64.b64decode(data))

    def pdf(self) -> bytes:
        """Return the page as it is printed."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])

    def troubles(self) -> list[str]:
        """Return what the page has logged, thrown or opened since it was loaded; nothing of that should be."""
        self.eval("0")  # what was logged until now has come in when this is answered
        found = []
        for one in self._events:
            what = one.get("params", {})
            if one.get("method") == "Log.entryAdded":
                found.append(f"log: {what['entry']['text']}")
            elif one.get("method") == "Runtime.consoleAPICalled":
                found.append(f"console: {what['args']}")
            elif one.get("method") == "Runtime.exceptionThrown":
                found.append(f"thrown: {what['exceptionDetails']}")
            elif one.get("method") == "Page.javascriptDialogOpening":
                found.append(f"dialog: {what['message']}")
        return found

    def requests(self) -> list[str]:
        """Return every address that was asked for since the page was loaded, its own included."""
        self.eval("0")
        asked = [one["params"]["request"]["url"] for one in self._events if one.get("method") == _ASKED]
        return [url for url in asked if url != "about:blank"]

    def close(self) -> None:
        """End the browser and wait for it."""
        self._session = ""
        with contextlib.suppress(AssertionError, OSError):
            self.call("Browser.close")
        for _ in range(100):
            if os.waitpid(self.pid, os.WNOHANG) != (0, 0):
                break
            time.sleep(0.05)
        else:
            os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._write)
        os.close(self._read)


_ASKED = "Network.requestWillBeSent"


@contextlib.contextmanager
def browser(folder: Path) -> Iterator[Chromium]:
    """Start a browser, and end it."""
    made = Chromium(folder)
    try:
        yield made
    finally:
        made.close()
