"""``assay demo``: a year of real flights, batch by batch."""
