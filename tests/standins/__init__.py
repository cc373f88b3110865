"""Local stand-ins for outside systems: they speak the real protocols over real sockets, and misbehave on demand."""
