"""A lighter model with proof: prune, heal, distil, other forms of the weights, and what each step gave."""
