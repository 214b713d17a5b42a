"""Our reasons in the words of other schemes, as data: one file of TOML a scheme."""
