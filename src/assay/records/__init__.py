"""The product's nouns as frozen values."""
