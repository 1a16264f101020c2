"""Actuals come in, and the accuracy of what they touch is computed anew."""
