#!/usr/bin/env python3
"""Hefu beside what a user would pick instead: same ids, same machine, same run, one system after the other.

    python3 benches/peers/run.py [--size 2^16] [--rounds 3] [--systems hefu,secretflow-ecdh,openmined] [--json]

Makes benches/peers/.venv (about 1 GB) at the first run. The ids are invented: province 29 is assigned to nobody. Half
of each list is in common. Both parties run on this machine, over loopback: the peers as two processes, `hefu match` as
one with both parties in it. The peers are charged for the protocol alone, from reading the CSV to the result; Hefu for
its whole process, start and output included. Peak memory is each process's, the peers' with their interpreter and
libraries (`base_mb` in the rounds of --json). Ratios are taken within a round, and the median of the rounds is shown.
"""

import argparse
import csv
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VENV = HERE / ".venv"
WORK = HERE / "work"
HEFU = ROOT / "target" / "release" / "hefu"
SYSTEMS = ["hefu", "secretflow-ecdh", "secretflow-kkrt", "secretflow-rr22", "openmined"]
DEFAULT_SYSTEMS = "hefu,secretflow-ecdh,openmined"
LIMIT_SECONDS = 1800


def main() -> None:
    args = arguments()
    if "hefu" in args.systems and not HEFU.exists():
        sys.exit(f"{HEFU.relative_to(ROOT)} is not there: run `cargo build --release -p hefu` first,\n"
                 "or measure the others alone with --systems secretflow-ecdh,openmined")
    if any(system != "hefu" for system in args.systems):
        ensure_venv()
    WORK.mkdir(exist_ok=True)
    try:
        left, right, common = make_ids(args.size, args.seed)
        write_csv(WORK / "left.csv", left)
        write_csv(WORK / "right.csv", right)
        rounds = []
        for number in range(args.rounds):
            # Every other round backwards, so that no system always runs on a machine warmed by the same one.
            order = args.systems if number % 2 == 0 else args.systems[::-1]
            rounds.append({system: measure(system, args.size, common) for system in order})
    finally:
        shutil.rmtree(WORK, ignore_errors=True)
    report = summary(args, rounds)
    print(json.dumps(report, indent=2) if args.json else table(report))
    if not all(row["exact"] for row in report["systems"].values()):
        sys.exit("a result is not exact")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=size, default=1 << 14, help="ids of each party, such as 2^16 (default 2^14)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each system runs (default 3)")
    parser.add_argument("--systems", type=systems, default=systems(DEFAULT_SYSTEMS), help=", ".join(SYSTEMS))
    parser.add_argument("--seed", type=int, default=1, help="of the invented ids (default 1)")
    parser.add_argument("--json", action="store_true", help="print JSON, every round in it")
    args = parser.parse_args()
    if args.rounds < 1:
        parser.error("--rounds must be at least 1")
    return args


def size(text: str) -> int:
    base, _, power = text.partition("^")
    value = int(base) ** int(power) if power else int(base)
    if not 2 <= value <= 1 << 24:
        raise argparse.ArgumentTypeError("2 to 2^24 ids")
    return value


def systems(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in SYSTEMS:
            raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(SYSTEMS)}")
    return names


def ensure_venv() -> None:
    stamp = VENV / "requirements.txt"
    wanted = (HERE / "requirements.txt").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    python = shutil.which("python3.11")
    if python is None:
        sys.exit("python3.11 is not there: the wheels of spu 0.9.5 and openmined-psi 2.0.6 are taken for it")
    print("making benches/peers/.venv, about 1 GB", file=sys.stderr)
    subprocess.run([python, "-m", "venv", str(VENV)], check=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=True)
    stamp.write_text(wanted)


def make_ids(n: int, seed: int) -> tuple[list[str], list[str], set[str]]:
    """Two shuffled lists of n ids each, and the n/2 that are in both."""
    rng = random.Random(seed)
    ids: set[str] = set()
    while len(ids) < 2 * n - n // 2:
        ids.add(make_id(rng))
    pool = sorted(ids)
    rng.shuffle(pool)
    common, rest = pool[: n // 2], pool[n // 2 :]
    own = n - n // 2
    left, right = common + rest[:own], common + rest[own:]
    rng.shuffle(left)
    rng.shuffle(right)
    return left, right, set(common)


WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
FIRST_BIRTHDAY = date(1930, 1, 1)
BIRTHDAYS = [(FIRST_BIRTHDAY + timedelta(days=day)).strftime("%Y%m%d") for day in range(90 * 365)]


def make_id(rng: random.Random) -> str:
    """An 18-character number as GB 11643-1999 has it, of the unassigned province 29."""
    digits = f"29{rng.randrange(1, 99):02}{rng.randrange(1, 99):02}{rng.choice(BIRTHDAYS)}{rng.randrange(1, 1000):03}"
    return digits + "10X98765432"[sum(w * int(d) for w, d in zip(WEIGHTS, digits)) % 11]


def write_csv(path: Path, ids: list[str]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        file.write("id\n")
        file.writelines(f"{number}\n" for number in ids)


def measure(system: str, n: int, common: set[str]) -> dict:
    print(f"{system} …", file=sys.stderr)
    return hefu(common) if system == "hefu" else peer(system, n, common)


def hefu(common: set[str]) -> dict:
    out = WORK / "hefu.csv"
    command = [str(HEFU), "match", str(WORK / "left.csv"), str(WORK / "right.csv"), "--json", "--out", str(out)]
    command += ["--left-column", "id", "--right-column", "id"]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    answer = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"hefu match ended with exit code {process.returncode}")
    facts = json.loads(answer)
    with open(out, newline="", encoding="utf-8-sig") as file:
        matched = [row["id"] for row in csv.DictReader(file)]
    return {
        "seconds": seconds,
        # Both parties are one process.
        "core_seconds": [usage.ru_utime + usage.ru_stime],
        "peak_mb": [usage.ru_maxrss / 1024],
        "bytes": facts["bytes_left_to_right"] + facts["bytes_right_to_left"],
        "exact": is_exact(matched, common) and facts["matched"] == len(common),
    }


def peer(system: str, n: int, common: set[str]) -> dict:
    name, _, protocol = system.partition("-")
    ports = free_ports(2)
    parties = []
    for rank, path in enumerate(("left.csv", "right.csv")):
        job = {"system": name, "protocol": protocol.upper(), "rank": rank, "path": str(WORK / path),
               "peer_size": n, "ports": ports, "work": str(WORK)}
        log = open(WORK / f"{system}-{rank}.log", "w")
        command = [str(VENV / "bin" / "python"), str(HERE / "party.py"), json.dumps(job)]
        parties.append((subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL,
                                         text=True, cwd=WORK), log))
    results = []
    for rank, (process, log) in enumerate(parties):
        try:
            answer, _ = process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            answer = ""
        log.close()
        if process.returncode != 0:
            for other, _ in parties:
                other.kill()
            tail = "\n".join(Path(log.name).read_text(errors="replace").splitlines()[-15:])
            sys.exit(f"{system}, party {rank}: exit code {process.returncode}\n{tail}")
        results.append(json.loads(answer))
    return {
        "seconds": max(result["seconds"] for result in results),
        "core_seconds": [result["core_seconds"] for result in results],
        "peak_mb": [result["peak_mb"] for result in results],
        "base_mb": [result["base_mb"] for result in results],
        "bytes": sum(result["bytes_sent"] for result in results),
        "exact": is_exact(results[0]["matched"], common),
    }


def is_exact(matched: list[str], common: set[str]) -> bool:
    return len(matched) == len(common) and set(matched) == common


def free_ports(count: int) -> list[int]:
    lines = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [line.getsockname()[1] for line in lines]
    for line in lines:
        line.close()
    return ports


def summary(args: argparse.Namespace, rounds: list[dict]) -> dict:
    systems = {}
    for name in args.systems:
        runs = [each[name] for each in rounds]
        row = {key: statistics.median(run[key] for run in runs) for key in ("seconds", "bytes")}
        for key in ("core_seconds", "peak_mb"):
            row[key] = [statistics.median(values) for values in zip(*(run[key] for run in runs))]
        row["exact"] = all(run["exact"] for run in runs)
        if "hefu" in args.systems and name != "hefu":
            row["to_hefu"] = ratios(name, rounds)
        systems[name] = row
    return {"size": args.size, "in_common": args.size // 2, "cores": len(os.sched_getaffinity(0)),
            "systems": systems, "rounds": rounds}


def ratios(name: str, rounds: list[dict]) -> dict:
    """This system ÷ Hefu, each within its round; above 1, Hefu needs less."""
    def middle(value) -> float:
        return statistics.median(value(each[name]) / value(each["hefu"]) for each in rounds)

    return {
        "seconds": middle(lambda run: run["seconds"]),
        "core_seconds": middle(lambda run: sum(run["core_seconds"])),
        "bytes": middle(lambda run: run["bytes"]),
        "peak_mb": middle(lambda run: sum(run["peak_mb"])),
    }


def table(report: dict) -> str:
    lines = [
        f"{report['size']} ids each, {report['in_common']} in common, {report['cores']} cores, "
        f"median of {len(report['rounds'])} rounds",
        "",
        "| system | wall s | core-s R + S | bytes | peak MB R + S | exact | ÷ Hefu: wall, core-s, bytes, memory |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in report["systems"].items():
        to_hefu = row.get("to_hefu")
        lines.append("| " + " | ".join([
            name,
            f"{row['seconds']:.2f}",
            " + ".join(f"{value:.2f}" for value in row["core_seconds"]),
            f"{row['bytes'] / 1e6:.2f} MB",
            " + ".join(f"{value:.0f}" for value in row["peak_mb"]),
            "yes" if row["exact"] else "NO",
            ", ".join(f"{value:.2f}" for value in to_hefu.values()) if to_hefu else "",
        ]) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
