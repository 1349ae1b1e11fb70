"""Started by the tests instead of sandbox_child.py: locks itself in as that does, then answers many statements.

`python -I many_questions.py <path of sandbox_child.py>`; the question has "statements" beside what a question has. With
`lifted` behind it the limit on open files is left out, and the file that was handed stays open.
"""

import importlib.util
import json
import os
import socket
import sys


def main(path: str, *lifted: str) -> None:
    spec = importlib.util.spec_from_file_location("sandbox_child", path)
    assert spec is not None
    assert spec.loader is not None
    child = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(child)
    with socket.socket(fileno=0) as channel:
        child._load_everything()
        question, file = child._question(channel)
        os.dup2(file, child.HANDED)
        connection = child._opened(question)
        if lifted:
            child.resource.RLIMIT_NOFILE = child.resource.RLIMIT_CORE
        else:
            os.close(file)
            os.close(child.HANDED)
        child._lock_in(question)
        answers = []
        for statement in question["statements"]:
            head, body = child._answer(connection, question | {"statement": statement})
            answers.append({"head": head, "body": body.hex()})
            connection.execute("rollback")
            connection.execute("begin transaction read only")
        encoded = json.dumps(answers).encode()
        channel.sendall(child.LENGTH.pack(len(encoded)) + encoded)
    os._exit(0)


main(*sys.argv[1:])
