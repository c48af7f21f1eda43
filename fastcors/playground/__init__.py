"""``python -m fastcors playground``: a page where a policy and a request are written, sent and explained."""
