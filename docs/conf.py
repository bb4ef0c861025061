"""How Sphinx builds the site: `make docs`. Nothing is asked of the network."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

project = "kubenines"
author = "the kubenines developers"
copyright = "the kubenines developers; Apache-2.0"
release = version = version_of("kubenines")

extensions = ["myst_parser", "sphinx.ext.autodoc", "fill"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # pages that are filled begin below their title

smartquotes = False  # --option is no dash
default_role = "code"  # docstrings say `name` where reStructuredText says ``name``
autodoc_typehints_format = "short"
autodoc_class_signature = "separated"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "kubenines"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
highlight_language = "text"
pygments_style = "tango"
pygments_dark_style = "monokai"
