"""The routes of the watchdog's API, one file a group, each with its class as `GROUP`."""
