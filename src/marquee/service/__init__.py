"""What users are answered: their arm's model, or what is popular when that fails."""
