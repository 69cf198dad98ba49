"""Plays a Synse server that asks a plugin. Prints what the plugin answered as one JSON list.

Arguments: the .proto, the target, a JSON list of calls {"call", "request", "take"?}, and for TLS the files of the
authority, and of a client's certificate and key.
"""

import json
import os
import sys
import tempfile

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from grpc_tools import protoc

proto, target, calls, *tls = sys.argv[1:]


def generated():
    """The code for the protocol, as the original server has it: made from the .proto."""
    folder = tempfile.mkdtemp()
    arguments = ["", "-I" + os.path.dirname(proto), "--python_out=" + folder, "--grpc_python_out=" + folder, proto]
    if protoc.main(arguments) != 0:
        sys.exit("the .proto cannot be compiled")
    sys.path.insert(0, folder)
    import synse_pb2
    import synse_pb2_grpc

    return synse_pb2, synse_pb2_grpc


def content(file):
    with open(file, "rb") as opened:
        return opened.read()


def channel():
    if not tls:
        return grpc.insecure_channel(target)
    ca, *client = [content(file) for file in tls]
    cert, key = client if client else (None, None)
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(ca, key, cert))


messages, service = generated()
stub = service.V3PluginStub(channel())
methods = messages.DESCRIPTOR.services_by_name["V3Plugin"].methods_by_name
plain = lambda message: MessageToDict(message, preserving_proto_field_name=True)


def ask(call):
    method = methods[call["call"]]
    request = ParseDict(call.get("request", {}), getattr(messages, method.input_type.name)())
    answer = getattr(stub, method.name)(request, timeout=30, wait_for_ready=call.get("wait", True))
    if method.name in ("Health", "Metadata", "Test", "Transaction", "Version"):
        return plain(answer)
    taken = []
    for message in answer:
        taken.append(plain(message))
        if len(taken) == call.get("take"):
            answer.cancel()
            break
    return taken


answers = []
for call in json.loads(calls):
    try:
        answers.append({"answer": ask(call)})
    except grpc.RpcError as error:
        answers.append({"code": error.code().name, "details": error.details()})
print(json.dumps(answers))
