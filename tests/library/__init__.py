"""Every function of the standard library, converted."""
