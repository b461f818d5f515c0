"""The tests that need no framework, on CPython 3.14 as Pyodide has it: on WebAssembly, under Node."""
