"""Serves the aws CLI: loads it once and forks for each call, since loading takes longer than most calls. aws_server.py SOCKET

aws_client.py sends its open files, directory, environment and arguments, and receives the exit status.
"""

import fcntl
import gc
import os
import signal
import socket
import sys
import traceback

import awscli.clidriver
import botocore.session
from botocore.loaders import JSONFileLoader

# Importing awscli sets this; a call needs it too.
DATA = os.environ["AWS_DATA_PATH"]
SERVICES = ("cloudwatch", "ec2", "iam", "kms", "lambda", "logs", "rds", "s3", "scheduler", "secretsmanager", "sns", "sqs", "ssm", "sts")


def load_beforehand():
    """Loads the descriptions of the services, which every fork then has."""
    read, known = JSONFileLoader.load_file, {}

    def load_file(self, path):
        if path not in known:
            known[path] = read(self, path)
        return known[path]

    JSONFileLoader.load_file = load_file
    awscli.clidriver.create_clidriver().create_help_command()
    session = botocore.session.get_session()
    for service in SERVICES:
        session.create_client(service, "eu-west-1", aws_access_key_id="nobody", aws_secret_access_key="nothing")
    gc.collect()
    gc.freeze()


def run(connection):
    """Runs one call in a fork, with the client's open files, and sends its exit status."""
    _, received, _, _ = socket.recv_fds(connection, 1, 250)
    directory, numbers, count, *words = b"".join(iter(lambda: connection.recv(65536), b"")).split(b"\0")
    # Each gets the number that it has in the client; until then all of them, and the connection, lie above.
    received = [fcntl.fcntl(file, fcntl.F_DUPFD, 300) for file in received]
    connection = socket.socket(fileno=fcntl.fcntl(connection, fcntl.F_DUPFD, 300))
    for number, file in zip(numbers.split(), received):
        os.dup2(file, int(number))
    os.chdir(directory)
    os.environb.clear()
    os.environb.update(word.split(b"=", 1) for word in words[: int(count)])
    os.environ["AWS_DATA_PATH"] = DATA
    sys.argv = ["aws", *map(os.fsdecode, words[int(count) :])]
    try:
        status = awscli.clidriver.main()
    except SystemExit as ended:
        status = ended.code
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    connection.send(b"%d" % (status or 0))


def main(place):
    load_beforehand()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = socket.socket(socket.AF_UNIX)
    server.bind(place)
    server.listen(64)
    while True:
        connection, _ = server.accept()
        if os.fork() == 0:
            server.close()
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                run(connection)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        connection.close()


main(sys.argv[1])
