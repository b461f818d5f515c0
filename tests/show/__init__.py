"""What people see of a function: its explanation, its text, its picture."""
