"""Sphinx's settings."""

from importlib.metadata import version as installed

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
