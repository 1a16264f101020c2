"""Pure numbers: bins, profiles, drift and accuracy. No files, no clock, no network."""
