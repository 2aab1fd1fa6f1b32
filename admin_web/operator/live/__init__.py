"""What runs now, what ran."""
