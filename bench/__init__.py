"""Measurements: `python -m bench` in the repository's root; `--quick` for a first look.

Every figure is a median of rounds in which what is compared takes turns, in one process; a ratio is
the median of the rounds' ratios. On a busy machine trust the ratios, not the times.

In the order in which a figure comes about:

    programs/       what is measured: one module a program, with its data and its forms
    frameworks.py   what they run on: tensors of NumPy arrays, and back
    competitors.py  who runs them: each makes a callable of a program's form
    clock.py, memory.py, graphs.py   how: times by turns, peaks, nodes of graphs
    measurements/   what is asked: programs, calls, conversion, growth; yields samples and remarks
    results.py      the samples and remarks, and their JSON
    report/         tables, plots, the page, and the targets with what is met of them

`NOTES.md` tells what was tried, what was expected of it, and what was found.
"""
