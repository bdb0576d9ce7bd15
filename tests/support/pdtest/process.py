"""Real processes, with their output kept and their readiness waited for, never slept for."""

import os
import queue
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

os.environ["PD_AGENT"] = "off"  # no test starts an agent that it did not ask for, nor leaves one behind

PATIENCE = 30 * float(os.environ.get("PD_TEST_PATIENCE", "1"))


class ReservedPort:
    """A port of 127.0.0.1 that is ours for as long as this lives. Its socket never listens, so Linux lets a server with
    SO_REUSEADDR listen there, again and again, and gives the port to nobody else, as it would between two runs of the server."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number = self._socket.getsockname()[1]

    def close(self) -> None:
        self._socket.close()


def wait_until(condition, what: str, patience: float = PATIENCE, alive=None):
    """Polls until `condition()` is truthy and returns that; fails at once when the process `alive` has died."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        if alive is not None and alive.poll() is not None:
            raise AssertionError(f"{what}: the process ended with status {alive.returncode}")
        time.sleep(0.01)
    raise AssertionError(f"{what}: not within {patience:g} s")


def memory(process: "Process") -> int:
    """Bytes of memory that are the process's own."""
    lines = Path(f"/proc/{process.child.pid}/smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:")))


class Process:
    """A child whose standard output and error are read line by line as they come."""

    def __init__(self, command: list, log: Path, env: dict | None = None):
        self.log = log
        self.command = [str(part) for part in command]
        self._lines: "queue.Queue[str | None]" = queue.Queue()
        self.output: list[str] = []
        self._error = open(log, "ab")
        self.child = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._error,
            text=True,
            bufsize=1,
            env={**os.environ, **(env or {})},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.child.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def poll(self):
        return self.child.poll()

    @property
    def returncode(self):
        return self.child.returncode

    def write(self, line: str) -> None:
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def close_input(self) -> None:
        self.child.stdin.close()

    def wait_line(self, wanted, patience: float = PATIENCE) -> str:
        """The next line of output that contains `wanted` (or for which `wanted(line)` holds)."""
        matches = wanted if callable(wanted) else lambda line: wanted in line
        end = time.monotonic() + patience
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no line with {wanted!r} within {patience:g} s\n{self.report()}") from None
            if line is None:
                self._lines.put(None)
                raise AssertionError(f"ended without a line with {wanted!r}\n{self.report()}")
            self.output.append(line)
            if matches(line):
                return line

    def drain(self) -> list[str]:
        """Every line until the end of output."""
        self.child.wait(PATIENCE)
        while (line := self._lines.get(timeout=PATIENCE)) is not None:
            self.output.append(line)
        self._lines.put(None)
        return self.output

    def report(self) -> str:
        log = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"$ {' '.join(self.command)}\n--- output\n" + "\n".join(self.output) + f"\n--- errors\n{log[-6000:]}"

    def errors(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Signals the child, waits for it, and returns its exit status."""
        if self.child.poll() is None:
            self.child.send_signal(how)
        try:
            self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError(f"did not stop on signal {how}\n{self.report()}") from None
        finally:
            self._reader.join(PATIENCE)
            for stream in (self.child.stdin, self.child.stdout):
                if stream is not None and not stream.closed:
                    try:
                        stream.close()
                    except BrokenPipeError:
                        pass
            self._error.close()
        return self.child.returncode
