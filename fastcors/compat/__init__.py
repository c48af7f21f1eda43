"""Drop-ins for other libraries, one module for each: the same names and documented behaviour, with the same import."""
