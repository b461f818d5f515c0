"""Code that no compiler makes, and interpreters in odd states: never a crash."""
