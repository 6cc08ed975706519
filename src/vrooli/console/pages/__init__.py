"""The pages of the console: one file each, which is found by being here."""
