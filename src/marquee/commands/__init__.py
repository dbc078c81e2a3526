"""One file a verb of the ``marquee`` command."""
