"""A backend as a package of its own: what the reference backend does, under another name."""

import bcgraph_numpy


class Backend(bcgraph_numpy.Backend):
    """Executes regions eagerly."""

    name = "sample"
