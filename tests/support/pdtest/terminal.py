"""A program on a terminal of its own."""

import codecs
import os
import pty
import select
import termios
import time

from .process import PATIENCE


class Terminal:
    """A pdctl that believes it is used by a person."""

    def __init__(self, command):
        self.shown = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()  # a read may end in the middle of a character
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execv(command[0], command)

    def read_until(self, text: str) -> str:
        end = time.monotonic() + PATIENCE
        while text not in self.shown:
            ready, _, _ = select.select([self.master], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"no {text!r} in:\n{self.shown}"
            try:
                self.shown += self._decoder.decode(os.read(self.master, 65536))
            except OSError:
                raise AssertionError(f"ended without {text!r}:\n{self.shown}") from None
        return self.shown

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def status(self) -> int:
        """Reads the rest and returns the exit status, negative for a signal."""
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            self.shown += self._decoder.decode(data)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
