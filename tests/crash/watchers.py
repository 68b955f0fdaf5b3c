"""Threads that look at a home while it is disturbed."""
import threading
import time


class Watchers:
    """Each check runs again and again in a thread of its own, until stop() or until one of them raises."""

    def __init__(self, *checks, shortest_pause):
        self.shortest_pause = shortest_pause
        self.ending, self.failure = threading.Event(), None
        self.threads = [threading.Thread(target=self.watch, args=(check,), daemon=True) for check in checks]

    def watch(self, check):
        try:
            while not self.ending.is_set() and self.failure is None:
                began = time.monotonic()
                check()
                # As long as the check took: the program that is watched needs the processor too.
                self.ending.wait(max(self.shortest_pause, time.monotonic() - began))
        except Exception as error:
            self.failure = error

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            if thread.is_alive():
                thread.join()

    def raise_failure(self):
        if self.failure is not None:
            raise self.failure
