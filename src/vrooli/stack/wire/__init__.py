"""Wire protocols over the Streams port, byte by byte, without a driver."""
