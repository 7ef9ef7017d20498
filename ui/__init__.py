"""What pages draw with. It computes nothing and holds no SQL."""
