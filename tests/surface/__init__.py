"""What type checkers and editors know of bcgraph."""
