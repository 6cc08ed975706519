"""One file a way to tell people; see `vrooli.notify.channel`."""
