"""``python -m fastcors demo``: two real servers, a page, a table of exchanges."""
