"""A go-between on loopback that passes bytes on to a server, or does what tests tell it to do instead."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

REFUSAL = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
PIECE = 65_536


class GoBetween:
    """Listens on a port of its own for a server elsewhere.

    Attributes
    ----------
    mode : str
        ``pass`` bytes on, ``hang`` without an answer, answer every request with an ``error``, or ``cut`` the
        connection after ``cut_after`` bytes of the server's answer.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self.mode = "pass"
        self.cut_after = 0
        self.cuts_left = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ended = threading.Event()
        self._open: list[socket.socket] = []

    def run(self) -> None:
        """Serve until the listener is closed."""
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(caller)
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def close(self) -> None:
        """Accept no more connections, and end those that are open."""
        self._ended.set()
        # Closing alone does not wake up who waits in it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            one.close()

    def _serve(self, caller: socket.socket) -> None:
        with caller, socket.create_connection(self._server) as server:
            self._open.append(server)
            answers = threading.Thread(target=self._pass_back, args=(server, caller), daemon=True)
            answers.start()
            try:
                while asked := caller.recv(PIECE):
                    if self.mode == "hang":
                        self._ended.wait()
                    elif self.mode == "error":
                        caller.sendall(REFUSAL)
                        return
                    else:
                        server.sendall(asked)
                server.shutdown(socket.SHUT_WR)
                answers.join()
            except OSError:
                # Either side has gone; so has this connection.
                return

    def _pass_back(self, server: socket.socket, caller: socket.socket) -> None:
        sent = 0
        try:
            while answer := server.recv(PIECE):
                if self.mode == "cut" and self.cuts_left and sent + len(answer) > self.cut_after:
                    self.cuts_left -= 1
                    caller.sendall(answer[: max(0, self.cut_after - sent)])
                    caller.shutdown(socket.SHUT_RDWR)
                    return
                caller.sendall(answer)
                sent += len(answer)
            caller.shutdown(socket.SHUT_WR)
        except OSError:
            return


@contextmanager
def go_between(host: str, port: int) -> Iterator[GoBetween]:
    """A running one, ended afterwards."""
    made = GoBetween(host, port)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join()
