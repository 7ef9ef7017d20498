"""Who may come in: the owner by token or password, visitors by invitation. It knows the store and nothing of pages or models."""
