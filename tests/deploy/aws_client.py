"""Runs aws by aws_server.py, which listens at AWS_SERVER. Imports only modules that load at once."""

import _socket
import os
import sys
from array import array

def open_files():
    """Returns the numbers of the open files: the standard streams, and those of the shell's <(…)."""
    for number in map(int, os.listdir("/dev/fd")):
        try:
            os.fstat(number)
            yield number
        except OSError:
            pass


files = list(open_files())
connection = _socket.socket(_socket.AF_UNIX)
connection.connect(os.environ["AWS_SERVER"])
connection.sendmsg([b"."], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array("i", files))])
environment = [b"%s=%s" % item for item in os.environb.items()]
connection.sendall(b"\0".join([os.getcwdb(), b" ".join(b"%d" % number for number in files), b"%d" % len(environment), *environment, *map(os.fsencode, sys.argv[1:])]))
connection.shutdown(_socket.SHUT_WR)
sys.exit(int(connection.recv(8) or 255))
