"""Runs a shell command on a terminal, answers its first question, prints what it shows, and exits with its status.

terminal.py ANSWER COMMAND. The answer is typed when the question stands there ("] "), as a person does:
`script` forwards its input at once and closes the terminal after it, which on a busy machine comes first.
"""

import os
import pty
import sys

answer, command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp("bash", ["bash", "-c", command])
shown = b""
asked = False
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:  # Linux answers EIO once the program has closed the terminal.
        break
    if not data:
        break
    shown += data
    if not asked and b"] " in shown:
        asked = True
        os.write(terminal, answer.encode() + b"\n")
sys.stdout.buffer.write(shown)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
