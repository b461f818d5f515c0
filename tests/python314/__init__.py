"""The tests that need no framework, on CPython 3.14: Pyodide, on WebAssembly, under Node."""
