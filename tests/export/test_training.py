from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from t4s_data.export.training import TRAINING_FILE, TrainingRecipe

# Section IV-A of the paper, and figure 14 for the pixels.
PAPER = {
    "model": "Qwen/Qwen2-VL-7B-Instruct",
    "tuner_type": "lora",
    "lora_rank": 128,
    "optim": "adamw_torch",
    "learning_rate": 2e-4,
    "weight_decay": 0,
    "max_grad_norm": 1.0,
    "lr_scheduler_type": "linear",
    "warmup_ratio": 0.03,
    "deepspeed": "zero1",
    "max_steps": 50_000,
}


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    return yaml.safe_load(TRAINING_FILE.read_text(encoding="utf-8"))


def test_the_shipped_file_is_the_model_s() -> None:
    assert TRAINING_FILE.read_text(encoding="utf-8") == TrainingRecipe().to_yaml()


@pytest.mark.parametrize(("name", "value"), PAPER.items())
def test_the_settings_are_the_paper_s(name: str, value: object, shipped: dict[str, Any]) -> None:
    assert shipped[name] == value
    assert type(shipped[name]) in {type(value), float}


def test_the_global_batch_is_128_and_small_images_are_scaled_up_to_784(shipped: dict[str, Any]) -> None:
    devices = shipped["ENV"]["NPROC_PER_NODE"]
    assert shipped["per_device_train_batch_size"] * shipped["gradient_accumulation_steps"] * devices == 128
    assert shipped["ENV"]["MIN_PIXELS"] == 784 * 784


@pytest.mark.parametrize(("devices", "device_batch"), [(1, 1), (4, 8), (8, 16), (2, 64)])
def test_the_global_batch_stays_however_it_is_shared(devices: int, device_batch: int) -> None:
    recipe = TrainingRecipe(devices=devices, device_batch=device_batch)
    assert recipe.accumulation * devices * device_batch == recipe.global_batch


def test_pixels_are_parameters() -> None:
    recipe = TrainingRecipe(min_pixels=560 * 560, max_pixels=1280 * 28 * 28)
    assert yaml.safe_load(recipe.to_yaml())["ENV"] == {
        "NPROC_PER_NODE": 8,
        "MIN_PIXELS": 560 * 560,
        "MAX_PIXELS": 1280 * 28 * 28,
    }


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"devices": 3}, "no multiple"),
        ({"max_pixels": 100}, "below min_pixels"),
        ({"warmup_ratio": 1.5}, "warmup_ratio"),
        ({"lora_rank": 0}, "lora_rank"),
        ({"rank": 64}, "rank"),
    ],
)
def test_a_recipe_that_cannot_be_trained_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TrainingRecipe(**values)
