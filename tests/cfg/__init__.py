"""The control-flow graph: against oracles, against itself on other Pythons, and as golden text."""
