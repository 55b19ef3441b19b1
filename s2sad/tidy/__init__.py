"""Making the derivative readable: algebra, names, and the removal of what is not needed."""
