"""What the rooms and the outside say to each other."""
