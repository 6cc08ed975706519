"""In a real browser. A package, so that its stack and its Chromium end with its last test."""
