"""From raw lines to typed tables; nothing is lost on the way."""
