"""What users read when something cannot be: each program of `programs` beside its message."""
