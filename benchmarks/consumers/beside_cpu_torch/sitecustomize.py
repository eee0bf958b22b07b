"""Lets PyPI's torchvision and torchaudio be imported beside a CPU build of torch.

Their compiled parts are linked against the CUDA build and do not load. torchvision then fails over two operators that
it describes but does not have: they are declared here, and image loading and resizing, which need none, work. Of
torchaudio nothing but the name is needed by those who read no sound.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

KEPT: list[Any] = []


class Finder:
    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name == "torchvision" and not KEPT:
            KEPT.append(importlib.import_module("torch").library.Library("torchvision", "DEF"))
            for operator in ("nms", "qnms"):
                KEPT[0].define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return ModuleSpec(name, self) if name == "torchaudio" else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


sys.meta_path.insert(0, Finder())  # type: ignore[arg-type]
