"""Measurements: `python -m bench` in the repository's root; `--quick` for a first look.

Every figure is a median of runs that alternate between what is compared, in one process; on a busy
machine trust the ratios, not the times.
"""
