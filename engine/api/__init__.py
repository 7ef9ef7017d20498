"""One run behind HTTP: OpenAI's chat form and a recipe's typed door. Only `serve` loads it."""
