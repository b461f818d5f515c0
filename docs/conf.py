"""Sphinx's settings, and the pages that are made when the documentation is built."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "bcgraph"
author = "The bcgraph authors"
copyright = author
version = release = installed("bcgraph")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.napoleon",
]
html_theme = "furo"
html_title = "bcgraph"
exclude_patterns = ["_build", "compare"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
default_role = "code"
doctest_global_setup = """
import os
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
"""


def setup(app):
    """Makes the pages of the errors from their classes, and the pictures from the programs."""
    from generate import error_pages, pictures

    app.connect("builder-inited", lambda _: (error_pages(), pictures()))
    return {"parallel_read_safe": True}
