"""A trained model made smaller, and how it is proven to be as good: each technique a folder in, a folder out."""
