"""Train adapters: settings, supervised fine-tuning, checkpoints. It knows nothing of recipes beyond their rows."""
