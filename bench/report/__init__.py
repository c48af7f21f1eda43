"""From what was measured to tables, documents and plots."""
