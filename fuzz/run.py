"""One target under the fuzzer: `python -m fuzz.run TARGET FOLDER [LIBFUZZER OPTIONS]`.

FOLDER takes the inputs that reach new code; `seeds` of the target are put there first. A process of its own for each
target, because the fuzzer ends the process it runs in.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["t4s_data"]):
    from fuzz.targets import TARGETS


FIXED = (
    "-max_len=300000",
    "-keep_seed=1",
    "-reduce_inputs=0",
    "-print_final_stats=1",
    "-timeout=20",
    "-rss_limit_mb=2000",
)
"""Seeds stay, since what C code does with an input is no coverage; an input that takes 20 s or 2 GB is a fault."""


def main() -> None:
    """Run the target until it breaks or the options say stop."""
    name, folder, *options = sys.argv[1:]
    target, corpus = TARGETS[name], Path(folder)
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (corpus / sha256(seed).hexdigest()[:16]).write_bytes(seed)
    arguments = [sys.argv[0], str(corpus), *FIXED, *options]
    if target.words:
        words = corpus.with_name(f"{corpus.name}.words")
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
        arguments.append(f"-dict={words}")
    extra = {"custom_mutator": target.mutate} if target.mutate else {}
    atheris.Setup(arguments, target.check, **extra)
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(rf"\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main()
