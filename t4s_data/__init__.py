"""Segmentation datasets as text-as-mask training corpora."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("t4s-data")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
