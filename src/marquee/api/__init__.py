"""What ``import marquee`` offers: load a model or fit one, recommend, explain."""
