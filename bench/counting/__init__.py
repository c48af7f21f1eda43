"""Instructions, counted by valgrind and held against budgets."""
