"""Regression tests that nobody here wrote, on the code that they test, converted."""
