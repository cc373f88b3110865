"""Django's PostgreSQL backend with an end to every wait: a server that is frozen or cut off looks like one that is away."""
