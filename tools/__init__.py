"""Host-side tools. They run under CPython; nothing in firmware/ imports them."""
