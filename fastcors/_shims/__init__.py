"""What the gateways share: options, routes, messages."""
