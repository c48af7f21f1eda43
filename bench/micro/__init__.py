"""Single operations, timed in loops: the rows, and what runs them."""
