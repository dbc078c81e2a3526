"""What to recommend: one file a model, one Protocol for all."""
