"""Looking whether a server's data is well, and saying what to do where it is not."""
