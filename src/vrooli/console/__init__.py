"""The console: everything in a browser, asked over HTTP as the person who is signed in."""
