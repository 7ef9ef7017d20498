"""Search over training settings: the space, the grid, proposals and pruning, one trial, the whole job."""
