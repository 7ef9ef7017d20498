"""Learning from what people prefer, and from a model of it."""
