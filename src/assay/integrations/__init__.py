"""Other systems' runtimes: Spark and schedulers."""
