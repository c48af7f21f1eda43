"""The benchmarks: ``python -m bench`` measures everything and prints one table.

Every figure is taken with its sides in turn: the native engine, its twin in pure Python, and the floor F, an empty
call of a Cython function. ``rows.py`` says what a row is; the ``test_*.py`` files hold the rows.
"""
