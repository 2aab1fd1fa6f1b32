"""How the pages behave: values in the middle, a real browser at the edges."""
