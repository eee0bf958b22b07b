"""A codec in one file: each region as the hexadecimal digits of its cells, its label behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from t4s_data.codecs.decoded import Decoded, Piece, Repair, settle
from t4s_data.codecs.labels import Label, is_normal, normalize
from t4s_data.codecs.protocol import RegionCodec, Side
from t4s_data.errors import CodecError
from t4s_data.masks.canvas import Box, cell_box
from t4s_data.masks.mask import Bools

ENTRY = re.compile(r"<hex>([0-9a-f]*)</hex><of>([^<]*)</of>")
MEANINGS = {"<hex>": "start of a mask", "</hex>": "end of a mask", "<of>": "start of a name", "</of>": "end of a name"}


@dataclass(frozen=True)
class HexRegion:
    label: str
    grid: Bools
    span: tuple[int, int]

    @property
    def box(self) -> Box:
        return cell_box(self.grid)


@dataclass(frozen=True)
class HexCodec(RegionCodec):
    n: Side = 8

    spelling: ClassVar[str] = "hex-N"
    about: ClassVar[str] = "- Hexadecimal: the cells row by row, four to a digit."

    @property
    def name(self) -> str:
        return f"hex-{self.n}"

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return tuple(MEANINGS)

    @classmethod
    def named(cls, name: str) -> HexCodec | None:
        found = re.fullmatch(r"hex-([1-9][0-9]{0,2})", name)
        return cls(int(found[1])) if found and 2 <= int(found[1]) <= 256 else None

    def meaning(self, token: str) -> str:
        return MEANINGS[token]

    def label(self, text: str) -> Label:
        return normalize(text.replace("<", "(").replace(">", ")"))

    def affixes(self, label: str) -> tuple[str, str]:
        if not is_normal(label, self.label):
            raise CodecError(f"label {label!r} is not normalized")
        return "", f"<of>{label}</of>"

    def body(self, grid: Bools) -> str:
        if grid.shape != (self.n, self.n) or not grid.any():
            raise CodecError(f"expected a grid {self.n} x {self.n} that is not empty, found {grid.shape}")
        return f"<hex>{np.packbits(grid).tobytes().hex()}</hex>"

    def spans(self, answer: str) -> list[tuple[int, int]]:
        return [entry.span() for entry in ENTRY.finditer(answer)]

    def decode(self, text: str, *, repair: bool = False) -> Decoded:
        return self._decode(text, prose=False, repair=repair)

    def decode_answer(self, answer: str, *, repair: bool = False) -> Decoded:
        return self._decode(answer, prose=True, repair=repair)

    def _decode(self, text: str, *, prose: bool, repair: bool) -> Decoded:
        read = [self._region(entry) for entry in ENTRY.finditer(text)]
        regions = tuple(region for region in read if region is not None)
        broken = [Repair("unknown-text", 0, "expected a mask")] if len(regions) < text.count("<hex>") else []
        return Decoded(regions, settle(text, self._pieces(text, regions, prose), broken, repair=repair))

    def _region(self, entry: re.Match[str]) -> HexRegion | None:
        data = (
            np.frombuffer(bytes.fromhex(entry[1]), dtype=np.uint8) if len(entry[1]) % 2 == 0 else np.array([], np.uint8)
        )
        cells = np.unpackbits(data)[: self.n**2].astype(bool)
        whole = cells.size == self.n**2 and cells.any()
        return HexRegion(entry[2], cells.reshape(self.n, self.n), entry.span()) if whole else None

    def _pieces(self, text: str, regions: tuple[HexRegion, ...], prose: bool) -> Iterator[Piece]:
        at = 0
        for region in regions:
            if not prose:
                yield Piece(at, region.span[0], "\n" if at else "")
            yield Piece(*region.span, self.encode([(region.label, region.grid)])[0])
            at = region.span[1]
        if not prose:
            yield Piece(at, len(text), "")
