"""Browserless, or a Chromium that is steered from outside."""

from vrooli.core.result import Result, critical, ok
from vrooli.stack.httpkind import HttpKind


class BrowserlessKind(HttpKind):
    """A browser without a screen."""

    name = "browserless"
    title = "Browserless"
    summary = "a browser that programs steer"
    default_port = 3000
    path = "/json/version"

    def judge(self, body: bytes) -> Result:
        """The DevTools protocol: `{"Browser": "...", "webSocketDebuggerUrl": "ws://..."}`."""
        told = self.object_of(body)
        browser, door = told.get("Browser"), told.get("webSocketDebuggerUrl")
        if not isinstance(browser, str) or not isinstance(door, str):
            return critical("it answers, but not as a browser does", answered=True)
        return ok(f"{browser[:40]} can be steered")


KIND = BrowserlessKind()
