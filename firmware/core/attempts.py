"""How often a password may be tried: after a few failures each costs a longer wait.

Bounded memory: the clients that failed last are remembered, the oldest is forgotten.
"""

CLIENTS = 8
_FREE = 3
_LONGEST_S = 300


class Attempts:
    """Failed attempts by client.

    Args:
        clients: how many to remember.
    """

    def __init__(self, clients=CLIENTS):
        self._most = clients
        # [client, failures, not before this second], the latest last.
        self._entries = []

    def wait_s(self, client, now_s):
        """Return how many seconds a client has to wait, 0 when it may try now."""
        entry = self._find(client)
        return max(0, entry[2] - now_s) if entry else 0

    def failed(self, client, now_s):
        """Note a failure: from the third on the wait doubles, up to 5 min."""
        entry = self._find(client)
        if entry:
            self._entries.remove(entry)
        else:
            entry = [client, 0, 0]
        entry[1] += 1
        if entry[1] >= _FREE:
            entry[2] = now_s + min(1 << min(entry[1] - _FREE + 1, 16), _LONGEST_S)
        self._entries.append(entry)
        if len(self._entries) > self._most:
            self._entries.pop(0)

    def succeeded(self, client):
        """Forget a client's failures."""
        entry = self._find(client)
        if entry:
            self._entries.remove(entry)

    def _find(self, client):
        for entry in self._entries:
            if entry[0] == client:
                return entry
        return None
