"""Lay out the documentation for the site builder: `python -m docs.generate FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from docs.generate.pages import lay_out

if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
