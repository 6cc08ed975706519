"""Scheduled jobs: when they run, how their runs go, and what is known of them afterwards."""
