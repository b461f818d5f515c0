"""What PyTorch's users do."""
