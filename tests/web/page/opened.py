"""The page as a person sees and uses it."""

import time

SMALLEST, LARGEST = 320, 3840  # pixels of a window's width


class Opened:
    """The page in a browser.

    Parameters
    ----------
    driver : selenium.webdriver.Chrome
        The browser.
    address : str
        Where the page is.
    """

    def __init__(self, driver, address):
        self.driver, self.address = driver, address
        self.window(1280)
        self.open()

    def open(self):
        """Load the page, and wait until it has its models."""
        self.driver.get(self.address)
        self.until("return document.documentElement.dataset.ready && document.querySelector('#models').value")

    def window(self, width, *, dark=False):
        """Choose the window's width and the colour scheme."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def run(self, script, *arguments):
        """Run JavaScript; return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def until(self, script, seconds=20.0):
        """Run JavaScript until it returns something that is true; return that."""
        end = time.monotonic() + seconds
        while not (found := self.run(script)):
            assert time.monotonic() < end, f"not within {seconds:g} s: {script}"
            time.sleep(0.05)
        return found

    def text(self, name):
        """Return the text of the element with this id."""
        return self.run("return document.getElementById(arguments[0]).textContent", name)

    def click(self, selector):
        """Click on an element as a mouse does."""
        self.run("document.querySelector(arguments[0]).click()", selector)

    def draw(self, strokes, kind="mouse"):
        """Draw strokes, lists of [x, y] in pixels of the canvas, 640 x 440, by real pointer events."""
        left, top, width = self.run(
            "const r = document.querySelector('#canvas').getBoundingClientRect(); return [r.left, r.top, r.width]"
        )
        scale = width / 640
        for stroke in strokes:
            points = [(left + scale * x, top + scale * y) for x, y in stroke]
            self._touch(points) if kind == "touch" else self._drag(points)

    def _drag(self, points):
        common = {"button": "left", "clickCount": 1}
        for number, (x, y) in enumerate([*points, points[-1]]):
            step = "mousePressed" if number == 0 else "mouseReleased" if number == len(points) else "mouseMoved"
            event = {"type": step, "x": x, "y": y, "buttons": 0 if step == "mouseReleased" else 1, **common}
            self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", event)

    def _touch(self, points):
        for number, (x, y) in enumerate(points):
            event = {"type": "touchMove" if number else "touchStart", "touchPoints": [{"x": x, "y": y}]}
            self.driver.execute_cdp_cmd("Input.dispatchTouchEvent", event)
        self.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def press(self, key, times=1):
        """Press a key."""
        code = {"Tab": 9, "Enter": 13, "ArrowRight": 39, " ": 32}[key]
        for _ in range(times):
            for step in ("rawKeyDown", "char", "keyUp"):
                event = {"type": step, "key": key, "windowsVirtualKeyCode": code}
                if step == "char":
                    if key not in ("Enter", " "):
                        continue
                    event["text"] = "\r" if key == "Enter" else " "
                self.driver.execute_cdp_cmd("Input.dispatchKeyEvent", event)

    def focused(self):
        """Return the id, or else the text, of the focused element."""
        return self.run("const e = document.activeElement; return e.id || e.textContent")
