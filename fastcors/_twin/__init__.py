"""The engine in pure Python, in the rooms of the native one: find, decide, write."""
