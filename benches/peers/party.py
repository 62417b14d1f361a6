"""One party of one peer system, in a process of its own: run by run.py inside the virtual environment.

Prints one line of JSON: seconds and core-seconds of the protocol itself (the interpreter's start and the imports are
not charged), the process's peak memory, the bytes it sent, and for the receiver the matched ids.
"""

import csv
import json
import os
import resource
import socket
import struct
import sys
import time
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

RECEIVER, SENDER = 0, 1
COLUMN = "id"


def read_ids(path: str) -> list[str]:
    with open(path, newline="", encoding="utf-8") as file:
        return [row[COLUMN] for row in csv.DictReader(file)]


class Meter:
    """Seconds and core-seconds since its making; peak memory of the process."""

    def __init__(self) -> None:
        self.base_mb = peak_mb()
        self.cpu = core_seconds()
        self.wall = time.perf_counter()

    def read(self) -> dict:
        return {
            "seconds": time.perf_counter() - self.wall,
            "core_seconds": core_seconds() - self.cpu,
            "peak_mb": peak_mb(),
            "base_mb": self.base_mb,
        }


def core_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def tcp_bytes_sent() -> int:
    """Bytes that the open TCP sockets of this process have sent and had acknowledged: tcpi_bytes_acked of tcp_info(7)."""
    total = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            with socket.socket(fileno=os.dup(int(name))) as line:
                info = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 136)
                # A listening socket counts other things in the same place.
                if info[0] == 1:
                    total += struct.unpack_from("=Q", info, 120)[0]
        except OSError:
            continue
    return total


def secretflow(protocol: str, rank: int, path: str, ports: list[int], work: Path) -> dict:
    from spu import psi
    from spu.libspu import link

    out = work / f"secretflow-{rank}.csv"
    conf = psi.PsiExecuteConfig(
        protocol_conf=psi.PsiProtocolConfig(
            protocol=psi.parse_protocol(f"PROTOCOL_{protocol}"),
            receiver_rank=RECEIVER,
            broadcast_result=False,
            ecdh_params=psi.EcdhParams(curve=psi.EllipticCurveType.CURVE_25519),
        ),
        input_params=psi.InputParams(path=path, selected_keys=[COLUMN], keys_unique=True),
        output_params=psi.OutputParams(path=str(out), disable_alignment=True),
    )
    desc = link.Desc()
    desc.recv_timeout_ms = 600_000
    for party, port in enumerate(ports):
        desc.add_party(str(party), f"127.0.0.1:{port}")
    line = link.create_brpc(desc, rank)
    line.barrier()

    meter, before = Meter(), tcp_bytes_sent()
    psi.psi_execute(conf, line)
    result = meter.read() | {"bytes_sent": tcp_bytes_sent() - before}
    line.barrier()
    line.stop_link()
    if rank == RECEIVER:
        result["matched"] = read_ids(str(out))
    return result


def openmined(rank: int, path: str, peer_size: int, port: int) -> dict:
    import private_set_intersection.python as psi

    # Raw has no false positives, so the rate is not used; the library wants one all the same.
    rate = 1e-9
    with connect(rank, port) as line:
        line.send_bytes(b"ready")
        line.recv_bytes()
        meter, sent = Meter(), 0
        ids = read_ids(path)
        if rank == SENDER:
            server = psi.server.CreateWithNewKey(True)
            setup = server.CreateSetupMessage(rate, peer_size, ids, psi.DataStructure.RAW)
            request = psi.Request()
            request.ParseFromString(line.recv_bytes())
            response = server.ProcessRequest(request)
            for message in (setup.SerializeToString(), response.SerializeToString()):
                line.send_bytes(message)
                sent += len(message)
            return meter.read() | {"bytes_sent": sent}

        client = psi.client.CreateWithNewKey(True)
        message = client.CreateRequest(ids).SerializeToString()
        line.send_bytes(message)
        sent += len(message)
        setup, response = psi.ServerSetup(), psi.Response()
        setup.ParseFromString(line.recv_bytes())
        response.ParseFromString(line.recv_bytes())
        matched = [ids[index] for index in client.GetIntersection(setup, response)]
        return meter.read() | {"bytes_sent": sent, "matched": matched}


def connect(rank: int, port: int) -> Connection:
    if rank == RECEIVER:
        with Listener(("127.0.0.1", port)) as listener:
            return listener.accept()
    for _ in range(600):
        try:
            return Client(("127.0.0.1", port))
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise TimeoutError("the receiver did not listen within 30 s")


def main() -> None:
    job = json.loads(sys.argv[1])
    # The libraries write their logs to standard output: the result goes to the descriptor that was there before.
    result_fd = os.dup(1)
    os.dup2(2, 1)
    if job["system"] == "openmined":
        result = openmined(job["rank"], job["path"], job["peer_size"], job["ports"][0])
    else:
        result = secretflow(job["protocol"], job["rank"], job["path"], job["ports"], Path(job["work"]))
    with os.fdopen(result_fd, "w") as out:
        json.dump(result, out)


main()
