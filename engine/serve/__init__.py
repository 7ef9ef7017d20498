"""Answer with a model: backends, decoding, chat. It knows nothing of training or pages."""
