"""The product's verbs, as plain functions."""
