"""A tree file that a test edits, and a callback that writes down what becomes of it."""

import os


class File:
    """A tree file that is edited."""

    def __init__(self, folder):
        self.path, self.edits = folder / "tree.xml", 0

    def write(self, body, more=""):
        text = f'<root BTCPP_format="4" main_tree_to_execute="M"><BehaviorTree ID="M">{body}'
        return self.save(f"{text}</BehaviorTree>{more}</root>")

    def save(self, text):
        self.path.write_text(text, "utf-8")
        # Two edits within one tick of a coarse clock, and of one size, are two edits all the same.
        self.edits += 1
        os.utime(self.path, ns=(self.edits, self.edits))
        return self.path


def running(log, name, ticks=99):
    """A generator that says when it starts, ends and is halted."""

    def play(who, facts):
        log.append(name)
        try:
            for _ in range(ticks):
                yield
        except GeneratorExit:
            log.append(f"~{name}")
            raise
        return True

    return play
