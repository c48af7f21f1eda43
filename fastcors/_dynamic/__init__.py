"""What a regular expression or a function says about an origin, behind one cache."""
