"""The report page: results to look at, in one file that loads nothing."""
