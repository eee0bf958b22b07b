"""The report in a real browser: no errors, filters filter, tables sort, and the gallery shows its regions."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
if CHROMIUM is None or DRIVER is None:
    pytest.skip("chromium and chromedriver are not installed (make system-deps)", allow_module_level=True)

selenium = pytest.importorskip("selenium", reason="selenium is not installed")
from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.remote.webdriver import WebDriver  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

from t4s_data.corpus.row import Row  # noqa: E402

WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def browser() -> Iterator[WebDriver]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-background-networking", "disable-dev-shm-usage"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: WebDriver, corpus: Path) -> WebDriver:
    width, height = WIDTHS[request.param]
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": request.param == "phone"}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get((corpus / "report/index.html").absolute().as_uri())
    wait(browser, lambda: shown(browser) != "")
    return browser


def wait(browser: WebDriver, condition: Callable[[], Any]) -> None:
    WebDriverWait(browser, 10).until(lambda _: condition())


def shown(browser: WebDriver) -> str:
    """The id of the row that the gallery shows."""
    return browser.find_element(By.ID, "exhibit").get_attribute("data-id") or ""


def count(browser: WebDriver) -> int:
    return int(browser.find_element(By.ID, "place").text.split()[-1])


def pixels(browser: WebDriver, panel: int) -> str:
    return browser.execute_script(f"return document.querySelectorAll('#exhibit canvas')[{panel}].toDataURL()")


def choose(browser: WebDriver, name: str, value: str) -> None:
    Select(browser.find_element(By.ID, name)).select_by_value(value)


def test_it_loads_without_errors_and_fits_the_width(page: WebDriver):
    assert page.get_log("browser") == []
    wide, inner = page.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= inner
    assert page.execute_script("return performance.getEntriesByType('resource').every(e => e.name.startsWith('data:'))")


def test_the_filters_filter(page: WebDriver, rows: dict[str, Row]):
    everything = count(page)
    choose(page, "source", "grefcoco")
    wait(page, lambda: shown(page).startswith("grefcoco/"))
    filtered = count(page)
    assert 0 < filtered < everything
    ids = set()
    for _ in range(filtered):
        ids.add(shown(page))
        before = shown(page)
        page.find_element(By.TAG_NAME, "body").send_keys(Keys.ARROW_RIGHT)
        wait(page, lambda before=before: filtered == 1 or shown(page) != before)
    assert len(ids) == filtered
    assert {rows[row_id].source for row_id in ids} == {"grefcoco"}
    choose(page, "task", "panoptic-segmentation")
    wait(page, lambda: count(page) == 0)
    choose(page, "source", "")
    wait(page, lambda: shown(page).startswith("coco-panoptic/"))
    assert page.get_log("browser") == []


def test_the_gallery_shows_the_regions_and_the_decoded_canvas(page: WebDriver, rows: dict[str, Row]):
    choose(page, "task", "referring-segmentation")
    wait(page, lambda: rows[shown(page)].task == "referring-segmentation")
    row = rows[shown(page)]
    size = page.execute_script("const c = document.querySelector('#exhibit canvas'); return [c.width, c.height]")
    assert size == [row.width, row.height]
    bare = "const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
    red = f"const c = document.querySelectorAll('#exhibit canvas')[1]; {bare} let n = 0;"
    red += "for (let i = 0; i < p.length; i += 4) n += p[i] > p[i + 1] + 40; return n;"
    assert page.execute_script(red) > 0
    with_overlay = pixels(page, 0)
    page.find_element(By.TAG_NAME, "body").send_keys("o")
    wait(page, lambda: pixels(page, 0) != with_overlay)
    page.find_element(By.ID, "overlay").click()
    wait(page, lambda: pixels(page, 0) == with_overlay)


def test_descriptors_are_walls_of_bricks_or_text(page: WebDriver, rows: dict[str, Row]):
    choose(page, "task", "referring-segmentation")
    wait(page, lambda: rows[shown(page)].task == "referring-segmentation")
    answer = rows[shown(page)].messages[1].content
    titles = page.execute_script("return [...document.querySelectorAll('.course i')].map(e => e.title).join('')")
    assert titles == answer.partition("<seg>")[2].partition("</seg>")[0].replace("\n", "")
    page.find_element(By.ID, "bricks").click()
    wait(page, lambda: not page.find_elements(By.CSS_SELECTOR, ".course"))
    text = page.find_element(By.CSS_SELECTOR, ".descriptor .text").get_attribute("textContent")
    assert f"<seg>{text}</seg>" in answer


def test_tables_sort_by_number(page: WebDriver):
    def column() -> list[float]:
        cells = page.find_elements(By.CSS_SELECTOR, "#rows-table tbody td:nth-child(4)")
        return [float(cell.get_attribute("data-value") or "nan") for cell in cells]

    before = column()
    head = page.find_element(By.CSS_SELECTOR, "#rows-table th:nth-child(4) button")
    page.execute_script("arguments[0].click()", head)
    assert column() == sorted(before)
    page.execute_script("arguments[0].click()", head)
    assert column() == sorted(before, reverse=True)
