"""What the drop-ins share: how they match a regular expression, and what they warn of."""
