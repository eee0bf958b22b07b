"""The site as a person opens it from disk: the search finds, no page is wider than the screen, nothing is fetched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
if CHROMIUM is None or DRIVER is None:
    pytest.skip("chromium and chromedriver are not installed (make system-deps)", allow_module_level=True)

selenium = pytest.importorskip("selenium", reason="selenium is not installed")
from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.remote.webdriver import WebDriver  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

PAGES = ("index", "formats", "recipes", "commands", "api", "corpus", "sources/refcoco", "contributing")


@pytest.fixture(scope="module")
def browser() -> Iterator[WebDriver]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-background-networking", "disable-dev-shm-usage"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def requests(browser: WebDriver) -> list[str]:
    """What pages asked for since the last call."""
    messages = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def shown(browser: WebDriver) -> str:
    """All text of the search's own tree, which hangs below a shadow root."""
    hosts = "[...document.querySelectorAll('*')].filter(e => e.shadowRoot)"
    return str(browser.execute_script(f"return {hosts}.map(e => e.shadowRoot.textContent).join()"))


def test_the_search_finds_and_nothing_is_fetched(browser: WebDriver, site: Path):
    requests(browser)
    browser.get((site / "index.html").as_uri())
    ActionChains(browser).key_down(Keys.CONTROL).send_keys("k").key_up(Keys.CONTROL).perform()
    focused = "return document.activeElement?.shadowRoot?.activeElement?.tagName"
    WebDriverWait(browser, 10).until(lambda _: browser.execute_script(focused) == "INPUT")
    ActionChains(browser).send_keys("iscrowd").perform()
    # The results of the first letters come first.
    WebDriverWait(browser, 10).until(lambda _: "COCO format" in shown(browser))
    assert "results" in shown(browser)
    asked = requests(browser)
    assert any(url.endswith("index.html") for url in asked)
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:", "about:"))] == []
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", PAGES)
def test_no_page_is_wider_than_the_screen(browser: WebDriver, site: Path, page: str, width: int):
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get((site / f"{page}.html").as_uri())
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
