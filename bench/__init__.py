"""One script for each headline figure, with its peers measured in the same run."""
