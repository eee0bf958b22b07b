"""The site is whole: links and anchors lead somewhere, nothing is loaded from elsewhere, nothing is left out."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import typer

import t4s_data
from docs.generate.blocks import CHECKOUT
from docs.generate.drawing import HEIGHT, LABEL, WIDTH, N, drawing, mug
from docs.generate.pages import PARTS, filled
from docs.generate.recipe_keys import example, tables
from pipelines.cli import app
from t4s_data.codecs.codec import from_name
from t4s_data.corpus.row import Row
from t4s_data.manifest.shipped import NAMES
from t4s_data.masks.canvas import grid_of
from t4s_data.masks.mask import Mask
from t4s_data.recipe.spec import OPTIONS, Recipe
from t4s_data.sample import REASONS

LOADS = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """The links, loads and anchors of a page."""

    def __init__(self, path: Path):
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.anchors.add(str(given["id"]))
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if tag in LOADS and given.get(LOADS[tag]) and given.get("rel") not in {"canonical", "next", "prev"}:
            self.loads.append(str(given[LOADS[tag]]))


def dead(site: Path, pages: dict[Path, Page]) -> list[str]:
    """Links and loads within the site that lead nowhere."""
    found = []
    for path, page in pages.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            anchor = unquote(parts.fragment)
            if not target.is_file():
                found.append(f"{path.relative_to(site)}: {link}: no such file")
            elif anchor and target in pages and anchor not in pages[target].anchors | {"__comments"}:
                found.append(f"{path.relative_to(site)}: {link}: no such anchor")
    return found


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, Page]:
    # The page of a path that does not exist is served at any depth; its links are absolute.
    return {path: Page(path) for path in sorted(site.resolve().rglob("*.html")) if path.name != "404.html"}


def test_every_link_and_anchor_leads_somewhere(site: Path, pages: dict[Path, Page]):
    assert len(pages) > len(NAMES)
    assert dead(site.resolve(), pages) == []


def test_a_dead_link_would_be_found(tmp_path: Path):
    path = tmp_path.resolve() / "a.html"
    path.write_text('<p id="here"></p><a href="#here"></a><a href="#there"></a><img src="b.png">')
    assert dead(path.parent, {path: Page(path)}) == ["a.html: #there: no such anchor", "a.html: b.png: no such file"]


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Page]):
    assert [load for page in pages.values() for load in page.loads if urlsplit(load).netloc] == []
    sheets = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)\s]+", sheets) == []


def test_the_readmes_links_lead_somewhere():
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)\s#]+)", text) if not target.startswith("http")]
    assert targets
    assert [target for target in targets if not (CHECKOUT / target).exists()] == []


def test_every_source_has_a_page_in_the_navigation(pages: dict[Path, Page], site: Path):
    links = pages[site.resolve() / "index.html"].links
    assert {Path(unquote(link)).stem for link in links if link.startswith("./sources/")} >= set(NAMES)


def test_every_command_is_described(site: Path):
    text = (site / "commands.html").read_text(encoding="utf-8")
    group = typer.main.get_command(app)
    for name, command in group.commands.items():
        assert f">t4s {name}<" in text
        for parameter in command.params:
            assert all(html.escape(option) in text for option in parameter.opts if option.startswith("--")), name


def test_every_public_name_is_described(site: Path):
    anchors = Page(site / "api.html").anchors
    assert [
        name for name in getattr(t4s_data, "__all__", ()) if f"t4s_data{name}".lower() not in anchors and name[0] != "_"
    ] == []


def test_every_key_of_a_recipe_has_words_and_an_example_that_is_taken(site: Path):
    text = (site / "recipes.html").read_text(encoding="utf-8")
    for heading, model in tables().items():
        for key, info in model.model_fields.items():
            if heading or key not in {name.strip("[]") for name in tables()}:
                assert info.description, f"{heading} {key} has no description"
                assert example(info) is not None, f"{heading} {key} has no example"
                assert f"<code>{key}</code>" in text


@pytest.mark.parametrize(("heading", "key"), [(h, k) for h, model in tables().items() for k in model.model_fields])
def test_examples_of_keys_are_taken(heading: str, key: str):
    info = tables()[heading].model_fields[key]
    if (value := example(info)) is None:
        return
    source: dict[str, Any] = {"name": OPTIONS[key][0] if key in OPTIONS else "refcoco"}
    recipe: dict[str, Any] = {"name": "example", "source": [source]}
    if heading == "[[source]]":
        source[key] = value
    elif heading.startswith("[codec] with"):
        recipe["codec"] = {"name": heading.split('"')[1], key: value}
    elif heading:
        recipe[heading.strip("[]")] = {key: value}
    else:
        recipe[key] = value
    Recipe.model_validate(recipe)


def test_every_reason_is_described(site: Path):
    text = (site / "corpus.html").read_text(encoding="utf-8")
    assert [reason for reason in REASONS if f"<code>{reason}</code>" not in text] == []


def test_every_column_is_described(site: Path):
    text = (site / "corpus.html").read_text(encoding="utf-8")
    assert [name for name in Row.__struct_fields__ if f"<code>{name}</code>" not in text] == []


def test_every_generated_part_stands_in_a_page():
    text = "".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / "docs").rglob("*.md"))
    assert [name for name in PARTS if f"<!-- generated: {name} -->" not in text] == []
    with pytest.raises(KeyError, match="no-such-part"):
        filled("<!-- generated: no-such-part -->")


def test_the_drawing_says_what_the_decoder_reads():
    lines = re.findall(r'<text class="code"[^>]*>(.*?)</text>', drawing())
    texts = [html.unescape(re.sub(r"<[^>]+>", "", line)) for line in lines]
    grid = grid_of(Mask.from_polygons(mug(), HEIGHT, WIDTH), N).grid
    image_wise, box_wise = "\n".join(texts[:N]), texts[N] + "\n".join(texts[N + 1 :])
    for name, text in ((f"isd-{N}-rrle", image_wise), (f"bsd-{N}", box_wise)):
        [region] = from_name(name).decode(text).regions
        assert region.label == LABEL
        assert (region.grid == grid).all()
