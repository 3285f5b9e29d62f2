"""Django's PostgreSQL backend, with our own server behind it: started by the first connection a process opens."""
