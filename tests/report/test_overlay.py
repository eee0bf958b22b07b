from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image

from t4s_data.corpus.reader import find_row, open_image, rows_at
from t4s_data.corpus.row import Row, RowImage
from t4s_data.errors import CommandError, CorpusError, RecordError
from t4s_data.report.overlay import color_of, decoded_regions, picture, true_regions, with_cells, with_regions
from t4s_data.sample import Turn

Rows = dict[str, Row]


def segmented(rows: Rows) -> Row:
    return next(row for row in rows.values() if row.task == "referring-segmentation")


def test_regions_are_tinted_and_nothing_else_is(rows: Rows):
    row = segmented(rows)
    image = open_image(row, None)
    assert image is not None
    drawn = true_regions(row)
    before, after = np.asarray(image), np.asarray(with_regions(image, drawn))
    changed = (before != after).any(axis=2)
    left, top, right, bottom = drawn[0].box
    outside = changed.copy()
    outside[top:bottom, left:right] = False
    assert not outside.any()
    assert changed[drawn[0].mask].mean() > 0.99
    assert (after[top, left:right] == color_of(0)).all()


def test_cells_are_filled(rows: Rows):
    row = segmented(rows)
    ground = Image.new("RGB", (row.width, row.height), (200, 200, 200))
    drawn = true_regions(row)
    shown = np.asarray(with_cells(ground, drawn, 64)).astype(int)
    redder = shown[..., 0] > shown[..., 1] + 40
    assert redder[drawn[0].mask].mean() > 0.7
    assert (shown[~drawn[0].mask] == shown[~drawn[0].mask][0]).all(axis=1).mean() > 0.9


def test_every_row_has_a_picture(rows: Rows):
    for row in rows.values():
        shown = picture(row, open_image(row, None))
        assert min(shown.size) > 80
        if row.regions:
            assert shown.width > 2 * row.width


def test_a_row_is_drawn_without_its_image(rows: Rows):
    row = segmented(rows)
    bare = replace(row, images=[RowImage("a/b.jpg")])
    assert open_image(bare, None) is None
    assert picture(bare, None).size == picture(row, open_image(row, None)).size


def test_images_of_path_mode_are_found_and_checked(rows: Rows, tmp_path: Path):
    row = segmented(rows)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/broken.jpg").write_bytes(b"no image")
    Image.new("RGB", (3, 3)).save(tmp_path / "sub/small.jpg")
    (tmp_path / "sub/right.jpg").write_bytes(row.images[0].bytes)

    def stored(name: str) -> Row:
        return replace(row, images=[RowImage(f"sub/{name}.jpg")])

    reasons = {"absent": "image-missing", "broken": "image-unreadable", "small": "size-mismatch"}
    for name, reason in reasons.items():
        with pytest.raises(RecordError, match=reason):
            open_image(stored(name), tmp_path)
    found = open_image(stored("right"), tmp_path)
    assert found is not None
    assert found.size == (row.width, row.height)


def test_what_decodes_has_the_boxes_of_the_truth(rows: Rows):
    for row in rows.values():
        found = decoded_regions(row)
        assert [list(region.box) for region in found] == [region.box for region in row.regions]
        assert [region.label for region in found] == [region.label for region in row.regions]


def test_an_answer_that_does_not_decode_is_named(rows: Rows):
    row = segmented(rows)
    broken = replace(row, messages=[Turn("assistant", row.messages[1].content.replace("<fg", "<f", 1))])
    with pytest.raises(CorpusError, match=row.id):
        decoded_regions(broken)


def test_rows_are_found_by_id_and_place(corpus: Path, rows: Rows):
    for row_id in list(rows)[::17]:
        assert find_row(corpus, row_id) == rows[row_id]
    name = next(corpus.glob("data/grefcoco/*.parquet")).relative_to(corpus).as_posix()
    ids = [row.id for row in rows.values() if row.source == "grefcoco"]
    found = rows_at(corpus, [(name, 7), (name, 0), (name, 7)])
    assert {number: row.id for (_, number), row in found.items()} == {0: ids[0], 7: ids[7]}


def test_an_unknown_id_is_answered_with_known_ones(corpus: Path, rows: Rows, tmp_path: Path):
    with pytest.raises(CommandError, match="muse/nothing") as error:
        find_row(corpus, "muse/nothing#0")
    assert any(row_id in str(error.value) for row_id in rows if row_id.startswith("muse/"))
    with pytest.raises(CorpusError, match="not a corpus"):
        find_row(tmp_path, "muse/nothing#0")
