"""Loads a saved model where bcgraph cannot be imported: `python exported.py KIND PATH INPUTS`.

It prints the results as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any


class _Forbidden:
    """Makes `import bcgraph` fail, installed or not."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name.partition(".")[0].startswith("bcgraph"):
            raise ModuleNotFoundError(f"No module named {name!r}")


def main(kind: str, path: str, inputs: str) -> None:
    sys.meta_path.insert(0, _Forbidden())  # type: ignore[arg-type]
    import numpy as np
    import tensorflow as tf

    values = [np.array(value, "float32") for value in json.loads(inputs)]
    if kind == "tflite":
        model = tf.lite.Interpreter(model_path=path)
        model.allocate_tensors()
        at, out = model.get_input_details()[0]["index"], model.get_output_details()[0]["index"]

        def call(value: Any) -> Any:
            model.set_tensor(at, value)
            model.invoke()
            return model.get_tensor(out)
    else:
        loaded = tf.saved_model.load(path)
        call = loaded.serve if kind == "keras" else loaded
    results = [np.asarray(call(value)).tolist() for value in values]
    assert not any(name.startswith("bcgraph") for name in sys.modules)
    print(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
