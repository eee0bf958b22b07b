"""Laws of recipe files: whatever is wrong, the error names the file, the key and what is allowed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from t4s_data.errors import RecipeError
from t4s_data.manifest.shipped import shipped_folder
from t4s_data.recipe.files import find_recipe, read_recipe
from t4s_data.recipe.parts import parts_of

SHIPPED_AT = shipped_folder() / "recipes"
SHIPPED = sorted(path.relative_to(SHIPPED_AT).with_suffix("").as_posix() for path in SHIPPED_AT.rglob("*.toml"))
HEAD = 'name = "x"\n'
SOURCE = '[[source]]\nname = "refcoco"\n'


def read(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path, lambda: read_recipe(path)


def test_a_recipe_comes_with_the_digest_of_its_file(tmp_path):
    path, reading = read(tmp_path, HEAD + SOURCE)
    recipe, digest = reading()
    assert (recipe.name, recipe.source[0].name) == ("x", "refcoco")
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'nme = "x"\n' + SOURCE,
            "nme: no such key; allowed are codec, files, holdout, images, limits, name, quarantine",
        ),
        (SOURCE, "name: missing"),
        (HEAD, "source: missing"),
        (
            HEAD + '[[source]]\nname = "refcoc0"\n',
            "source[1].name: no source is named 'refcoc0'; there are coco-panoptic, refcoco, ",
        ),
        (HEAD + SOURCE + SOURCE.replace("refcoco", "refcoc0"), "source[2].name: no source is named 'refcoc0'"),
        (HEAD + SOURCE + "reapet = 2\n", "source[1].reapet: no such key; allowed are annotations, as_split"),
        (HEAD + SOURCE + 'repeat = "2"\n', "source[1].repeat: Input should be a valid integer, found '2'"),
        (HEAD + SOURCE + "repeat = true\n", "source[1].repeat: Input should be a valid integer, found True"),
        (HEAD + SOURCE + "tasks = { cooking = 1 }\n", "source[1].tasks.cooking: Input should be 'panoptic"),
        (
            HEAD + SOURCE + 'tasks = { "referring-segmentation" = "1" }\n',
            "source[1].tasks.referring-segmentation: Input should be a valid number, found '1'",
        ),
        (
            HEAD + SOURCE + 'tasks = { "panoptic-segmentation" = 1 }\n',
            "source[1].tasks: source 'refcoco' cannot make 'panoptic-segmentation'; it makes referring-comprehension",
        ),
        (HEAD + SOURCE + 'splits = ["test"]\n', "source[1].splits: source 'refcoco' has no split 'test' by 'unc'; it"),
        (HEAD + SOURCE + 'split_by = "umd"\n', "source[1].splits: source 'refcoco' has no split 'train' by 'umd'; it"),
        (HEAD + SOURCE + SOURCE + 'split_by = "unc"\n', "refcoco/unc-train is named twice"),
        (HEAD + SOURCE + 'pairs = "zip"\n', "source[1]: source 'refcoco' has no key 'pairs'; only earthreason has it"),
        (
            HEAD + SOURCE + "[source.codec]\nsize = 3\n",
            "source[1].codec: codec 'bsd' has no key 'size'; it has bricks, n, row_separator",
        ),
        (HEAD + "[limits]\nover = 3\n" + SOURCE, "limits.over: Input should be 'trim' or 'drop', found 3"),
        (HEAD + "[limits]\nmost = 3\n" + SOURCE, "limits.most: no such key; allowed are answer_tokens, over"),
        (HEAD + "[images]\nmode = 1\n" + SOURCE, "images.mode: Input should be 'path' or 'embed', found 1"),
        (HEAD + '[source]\nname = "refcoco"\n', "source: Input should be a valid list, found {'name': 'refcoco'}"),
        ("name = \n", "not TOML"),
        (b"\xff\xfe", "not TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, message):
    path, reading = read(tmp_path, text)
    with pytest.raises(RecipeError) as error:
        reading()
    assert all(line.startswith(f"{path}: ") for line in str(error.value).splitlines())
    assert any(line.startswith(f"{path}: {message}") for line in str(error.value).splitlines())


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    _, reading = read(tmp_path, "seed = -1\n[codec]\nn = 1\n" + SOURCE)
    with pytest.raises(RecipeError) as error:
        reading()
    assert [line.split(": ")[1] for line in str(error.value).splitlines()] == ["name", "seed", "codec.n"]


def test_a_folder_is_no_recipe(tmp_path):
    with pytest.raises(RecipeError, match="directory"):
        read_recipe(tmp_path)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_recipes_are_found_by_name_and_read(name):
    path = find_recipe(name)
    assert path == SHIPPED_AT / f"{name}.toml"
    recipe, _ = read_recipe(path)
    assert recipe.name == path.stem
    assert parts_of(recipe, Path())


def test_a_file_comes_before_a_shipped_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "refcoco").write_text(HEAD + SOURCE)
    assert find_recipe("refcoco") == Path("refcoco")


@pytest.mark.parametrize("name", ["none", "refcoco.toml", "none/refcoco", ""])
def test_an_unknown_name_is_answered_with_those_there_are(name):
    with pytest.raises(RecipeError) as error:
        find_recipe(name)
    assert all(shipped in str(error.value) for shipped in SHIPPED)


def test_the_paper_s_recipes_are_shipped_folder():
    ablations = [
        "isd-16-full",
        "isd-16-irle",
        "isd-16-rrle",
        "isd-32-rrle",
        "bsd-32",
        "bsd-64",
        "bsd-80",
        "bsd-32-text",
    ]
    assert {"text4seg-pp", "text4seg", *(f"ablations/{name}" for name in ablations)} <= set(SHIPPED)


@pytest.mark.parametrize("name", [name for name in SHIPPED if name.startswith("ablations/")])
def test_an_ablation_is_named_after_its_codec_and_differs_from_the_others_in_nothing_else(name):
    parts = parts_of(read_recipe(find_recipe(name))[0], Path())
    assert {part.codec_name for part in parts} == {name.removeprefix("ablations/")}
    names = ["refclef/unc-train", "refcoco/unc-train", "refcoco+/unc-train", "refcocog/umd-train"]
    assert [part.name for part in parts] == names
    assert {tuple(part.tasks) for part in parts} == {("referring-segmentation",)}


def test_the_mixture_has_64_cells_and_bricks_throughout():
    parts = parts_of(read_recipe(find_recipe("text4seg-pp"))[0], Path())
    assert {part.codec_name for part in parts} == {"bsd-64", "none"}
    assert len(parts[0].vocabulary) == 132


def test_the_earlier_paper_has_maps_of_16_cells_and_uses_its_referring_data_twice():
    parts = parts_of(read_recipe(find_recipe("text4seg"))[0], Path())
    assert {part.codec_name for part in parts} == {"isd-16-rrle", "none"}
    twice = {"refclef", "refcoco", "refcoco+", "refcocog", "grefcoco"}
    assert {part.source for part in parts if part.repeat == 2} == twice
    assert {part.source: tuple(part.tasks) for part in parts if part.source not in twice} == {
        "coco-panoptic": ("semantic-segmentation",),
        "llava": ("visual-understanding",),
    }
