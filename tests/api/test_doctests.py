"""Every public name shows what it does: an example that runs and prints something."""

from __future__ import annotations

import doctest

import pytest

import t4s_data

NAMES = [name for name in t4s_data.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_an_example_that_prints(name: str):
    examples = doctest.DocTestParser().get_examples(getattr(t4s_data, name).__doc__ or "")
    assert any(example.want.strip() for example in examples)
