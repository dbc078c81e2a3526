"""Pure arrays in, numbers out; one metric family a file."""
