"""Where one can look for what runs here. One file a source, each with `SOURCE = Source(...)`."""
