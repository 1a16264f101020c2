import tests.laws.effort  # noqa: F401  # sets how many examples are tried
