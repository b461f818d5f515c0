"""What the documentation says is so, and what is made of the code is what the code makes now."""
