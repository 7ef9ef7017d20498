"""Patent claims: elements, tree, abbreviations, numbers, and the verdict on a product. It knows no store and no model."""
