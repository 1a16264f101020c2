"""Copies of a server's folder, taken while it is in use, and servers made from them."""
