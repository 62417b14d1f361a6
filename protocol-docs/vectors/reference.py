#!/usr/bin/env python3
"""A second implementation of wire.md, slow and in variable time, from the standard library alone.

It shares no code with the product, so what it prints is what the product is tested against:

    python3 protocol-docs/vectors/reference.py > protocol-docs/vectors/session.json

Never use it with real numbers or keys.
"""

import hashlib
import hmac
import itertools
import json
import struct

# --- The field, the curve, ristretto255 (RFC 9496), Ed25519 (RFC 8032) ---

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def sqrt_ratio(u: int, v: int) -> tuple[bool, int]:
    """RFC 9496, section 4.2."""
    root = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * root * root % P
    correct, flipped, flipped_i = check == u % P, check == -u % P, check == -u * SQRT_M1 % P
    if flipped or flipped_i:
        root = root * SQRT_M1 % P
    return correct or flipped, even(root)


def even(x: int) -> int:
    """The one of x and -x that is not negative."""
    return -x % P if x % P & 1 else x % P


INVSQRT_A_MINUS_D = sqrt_ratio(1, -1 - D)[1]
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235


class Point:
    """Extended coordinates of -x² + y² = 1 + dx²y²."""

    def __init__(self, x: int, y: int, z: int = 1, t: int | None = None) -> None:
        self.x, self.y, self.z = x % P, y % P, z % P
        self.t = (x * y if t is None else t) % P

    def __add__(self, other: "Point") -> "Point":
        a, b = (self.y - self.x) * (other.y - other.x), (self.y + self.x) * (other.y + other.x)
        c, d = 2 * D * self.t * other.t, 2 * self.z * other.z
        e, f, g, h = b - a, d - c, d + c, b + a
        return Point(e * f, g * h, f * g, e * h)

    def __rmul__(self, scalar: int) -> "Point":
        result = Point(0, 1)
        for bit in f"{scalar % ORDER:b}":
            result += result
            if bit == "1":
                result += self
        return result


def enc(point: Point) -> bytes:
    """RFC 9496, section 4.3.2."""
    x0, y0, z0, t0 = point.x, point.y, point.z, point.t
    u1, u2 = (z0 + y0) * (z0 - y0) % P, x0 * y0 % P
    inverse = sqrt_ratio(1, u1 * u2 * u2)[1]
    d1, d2 = inverse * u1, inverse * u2
    z_inverse = d1 * d2 * t0 % P
    if t0 * z_inverse % P & 1:
        x, y, d = y0 * SQRT_M1, x0 * SQRT_M1, d1 * INVSQRT_A_MINUS_D
    else:
        x, y, d = x0, y0, d2
    if x * z_inverse % P & 1:
        y = -y
    return even((z0 - y) * d).to_bytes(32, "little")


def dec(encoded: bytes) -> Point:
    """RFC 9496, section 4.3.1."""
    s = int.from_bytes(encoded, "little")
    u1, u2 = 1 - s * s, 1 + s * s
    v = -(D * u1 * u1) - u2 * u2
    square, inverse = sqrt_ratio(1, v * u2 * u2)
    x = even(2 * s * inverse * u2)
    y = u1 * inverse * inverse * u2 * v % P
    assert len(encoded) == 32 and s < P and not s & 1 and square and not x * y % P & 1 and y
    return Point(x, y)


def one_way_map(uniform: bytes) -> Point:
    """RFC 9496, section 4.3.4."""
    def half(part: bytes) -> Point:
        t = int.from_bytes(part, "little") % 2**255 % P
        r = SQRT_M1 * t * t
        u, v = (r + 1) * (1 - D * D), (-1 - r * D) * (r + D)
        square, s = sqrt_ratio(u % P, v % P)
        c = -1
        if not square:
            s, c = -even(s * t), r
        n = c * (r - 1) * (D - 1) ** 2 - v
        w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
        return Point(w0 * w3, w2 * w1, w1 * w3, w0 * w2)

    return half(uniform[:32]) + half(uniform[32:])


G = dec(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))
BASE_Y = 4 * pow(5, -1, P) % P
BASE = Point(sqrt_ratio(BASE_Y**2 - 1, D * BASE_Y**2 + 1)[1], BASE_Y)


class SigningKey:
    def __init__(self, seed: bytes) -> None:
        digest = hashlib.sha512(seed).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
        self.prefix = digest[32:]
        self.public = self.encode(self.scalar * BASE)

    @staticmethod
    def encode(point: Point) -> bytes:
        x, y = (value * pow(point.z, -1, P) % P for value in (point.x, point.y))
        return (y | (x & 1) << 255).to_bytes(32, "little")

    def sign(self, message: bytes) -> bytes:
        r = reduce(hashlib.sha512(self.prefix + message).digest())
        big_r = self.encode(r * BASE)
        k = reduce(hashlib.sha512(big_r + self.public + message).digest())
        return big_r + scalar((r + k * self.scalar) % ORDER)


# --- ChaCha20-Poly1305 (RFC 8439) ---


def chacha_block(key: bytes, counter: int, nonce: bytes) -> bytes:
    """Section 2.3."""
    start = [*struct.unpack("<4I", b"expand 32-byte k"), *struct.unpack("<8I", key), counter,
             *struct.unpack("<3I", nonce)]
    state = start[:]

    def turn(a: int, b: int, bits: int, into: int) -> None:
        state[a] = (state[a] + state[b]) % 2**32
        mixed = state[into] ^ state[a]
        state[into] = (mixed << bits | mixed >> 32 - bits) % 2**32

    columns = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)]
    diagonals = [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]
    for a, b, c, d in (columns + diagonals) * 10:
        turn(a, b, 16, d), turn(c, d, 12, b), turn(a, b, 8, d), turn(c, d, 7, b)
    return struct.pack("<16I", *((x + y) % 2**32 for x, y in zip(state, start)))


def seal(key: bytes, nonce: bytes, text: bytes, associated: bytes) -> bytes:
    """Sections 2.5 and 2.8."""
    stream = b"".join(chacha_block(key, 1 + i, nonce) for i in range(-(-len(text) // 64)))
    sealed = bytes(a ^ b for a, b in zip(text, stream))
    one_time = chacha_block(key, 0, nonce)
    r = int.from_bytes(one_time[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    pad = lambda part: part + bytes(-len(part) % 16)
    message = pad(associated) + pad(sealed) + le(len(associated)) + le(len(sealed))
    sum_ = 0
    for i in range(0, len(message), 16):
        sum_ = (sum_ + int.from_bytes(message[i : i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return sealed + ((sum_ + int.from_bytes(one_time[16:32], "little")) % 2**128).to_bytes(16, "little")


# --- wire.md ---

SUITE = b"ristretto255-sha512"
DST = b"HEFU-V3-H2G-ristretto255_XMD:SHA-512_R255MAP_RO_"


def be(value: int, size: int = 8) -> bytes:
    return value.to_bytes(size, "big")


def le(value: int, size: int = 8) -> bytes:
    return value.to_bytes(size, "little")


def var(value: bytes) -> bytes:
    return le(len(value)) + value


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def sha512(*parts: bytes) -> bytes:
    return hashlib.sha512(b"".join(parts)).digest()


def reduce(wide: bytes) -> int:
    return int.from_bytes(wide, "little") % ORDER


def scalar(value: int) -> bytes:
    return value.to_bytes(32, "little")


def enc2(point: Point) -> bytes:
    return enc(point + point)


def hash_to_group(call: bytes, x: bytes) -> Point:
    dst_prime = DST + bytes([len(DST)])
    b0 = sha512(bytes(128), call, x, be(64, 2), b"\0", dst_prime)
    return one_way_map(sha512(b0, b"\1", dst_prime))


def challenge(label: bytes, *parts: bytes) -> int:
    return reduce(sha512(label, b"\0", SUITE, b"\0", *parts))


def prove_possession(sid: bytes, b: int, nonce: int) -> tuple[int, int]:
    c = challenge(b"hefu/3 possession", sid, enc(b * G), enc(nonce * G))
    return c, (nonce - c * b) % ORDER


def prove_chunk(sid: bytes, b: int, chunk: int, cs: list[bytes], ds: list[bytes], nonce: int) -> tuple[int, int]:
    public = enc(b * G)
    seed = sha512(b"hefu/3 evaluation seed\0", sid, b"step D\0", be(chunk, 4), be(len(cs)), public, *cs, *ds)
    weights = b"".join(sha512(b"hefu/3 weights\0", seed, be(block)) for block in range(-(-len(cs) // 4)))
    m = Point(0, 1)
    for i, c in enumerate(cs):
        m += int.from_bytes(weights[16 * i : 16 * i + 16], "little") * dec(c)
    c = challenge(b"hefu/3 evaluation", seed, public, enc(m), enc(b * m), enc(nonce * G), enc(nonce * m))
    return c, (nonce - c * b) % ORDER


def tag_and_label_key(sid: bytes, x: bytes, token: bytes) -> tuple[bytes, bytes]:
    prk = hmac.digest(sid, x + token, "sha256")
    return hmac.digest(prk, b"hefu/3 tag\1", "sha256")[:16], hmac.digest(prk, b"hefu/3 label\1", "sha256")


def entry(sid: bytes, y: bytes, token: bytes, label: bytes) -> bytes:
    """A tag and, where there is one, its sealed label."""
    tag, key = tag_and_label_key(sid, y, token)
    return tag + (seal(key, bytes(12), label, sid + tag) if label else b"")


def root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return sha256(b"\0", leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1", root(leaves[:split]), root(leaves[split:]))


def path(leaves: list[bytes], index: int) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*path(leaves[:split], index), root(leaves[split:])]
    return [*path(leaves[split:], index - split), root(leaves[:split])]


def commitment(salt: bytes, width: int, label: int, elements: list[bytes], labels: list[bytes]) -> bytes:
    entered = (x + y for x, y in zip(elements, labels or [b""] * len(elements), strict=True))
    return sha256(b"hefu/3 input\0", salt, be(width), be(label), *entered)


def derive(seed: bytes, label: bytes, *parts: bytes) -> bytes:
    return hmac.digest(seed, label + b"\0" + b"".join(parts), "sha512")


def shuffled(seed: bytes, elements: list[bytes]) -> list[int]:
    """For each position on the wire, the index in the set."""
    def numbers():
        for block in itertools.count():
            yield from struct.unpack(">8Q", derive(seed, b"hefu/3 receiver order", be(block)))

    order, stream = list(range(len(elements))), numbers()
    for i in range(len(order) - 1, 0, -1):
        below = 2**64 - 2**64 % (i + 1)
        j = next(number for number in stream if number < below) % (i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def evidence(position: int, number: int, wide: bytes, leaves: list[tuple[list[bytes], int]]) -> bytes:
    def leaf(values: list[bytes], index: int) -> bytes:
        nodes = path(values, index)
        return be(len(values[index]), 4) + values[index] + bytes([len(nodes)]) + b"".join(nodes)

    return (b"hefu/3 evidence\0" + be(position, 4) + be(number, 4) + wide
            + b"".join(leaf(values, index) for values, index in leaves))


# --- agreements.md ---

def document(kind_class: int, number: str) -> bytes:
    return (bytes([kind_class, len(number)]) + number.encode()).ljust(22, b"\0")


def element(fields: bytes, width: int) -> bytes:
    return (bytes([len(fields)]) + fields).ljust(width, b"\0")


def person_element(kind_class: int, number: str) -> bytes:
    return element(document(kind_class, number), 32)


def rule_element(rule: str, side: int, kind_class: int, number: str, month: str = "", case: str = "") -> bytes:
    fields = [(1, rule.encode()), (2, bytes([side])), (3, document(kind_class, number))]
    if month:
        year, of_year = month.split("-")
        fields.append((4, struct.pack(">hB", int(year), int(of_year))))
    if case:
        fields.append((5, sha256(case.encode())))
    return element(b"".join(bytes([kind, len(value)]) + value for kind, value in fields), 96)


# --- The vectors ---

NUMBERS = ["290101194102020023", "290101194203030036", "290101194304040049", "290101194405050051", "290101194506060064"]


def elements() -> list[dict]:
    number = NUMBERS[0]
    persons = [(1, number), (2, "ABC290143010203"), (3, "H12345678"), (4, "12345678"), (5, "E12345678")]
    month, case = "2026-07", "(2026)某检司救1号"
    return [
        *({"class": c, "number": n, "element": person_element(c, n).hex()} for c, n in persons),
        {"rule": "X1", "side": 0, "class": 1, "number": number, "month": month,
         "element": rule_element("X1", 0, 1, number, month=month).hex()},
        {"rule": "X8", "side": 255, "class": 1, "number": number, "case": case,
         "element": rule_element("X8", 255, 1, number, case=case).hex()},
        {"rule": "X8", "side": 255, "class": 1, "number": number,
         "element": rule_element("X8", 255, 1, number).hex()},
    ]


def aborts() -> list[dict]:
    word = var(b"commit")
    reasons = [
        ("version", le(2, 2) + le(1, 2)), ("suite", b""), ("agreement_unknown", b""), ("agreement_not_in_force", b""),
        ("agreement_mismatch", b""), ("set_too_large", le(1000) + le(500)), ("policy", b""), ("public_key", b""),
        ("bad_element", le(3, 4) + le(4, 4)), ("chunk", le(3, 4)), ("count", le(1000) + le(500)), ("root", b""),
        ("proof", le(3, 4)), ("tag_order", le(3, 4)), ("unexpected", word), ("malformed", word),
        ("inactive", le(120, 4)), ("cancelled", b""), ("internal", b""),
        ("own_set_too_large", le(500, 8)), ("expired", b""), ("budget_spent", le(500)), ("rounds_spent", le(4, 4)),
        ("chunk_changed", le(3, 4)), ("label", b""), ("receipt", b""), ("voided", b""),
    ]
    return [{"reason": name, "bytes": (le(i, 4) + fields).hex()} for i, (name, fields) in enumerate(reasons)]


def secret(name: str, size: int = 32) -> bytes:
    """Invented secrets."""
    return hashlib.shake_256(b"vector " + name.encode()).digest(size)


def session(name: str, mode: int, key_kind: int, labels: list[bytes]) -> dict:
    receiver, sender = SigningKey(secret("receiver")), SigningKey(secret("sender"))
    agreement, width, caps = sha256(b"an agreement on " + name.encode()), 32, (100, 1000)
    label = len(labels[0]) if labels else 0
    xs = [person_element(1, number) for number in NUMBERS[:3]]
    ys = [person_element(1, number) for number in NUMBERS[1:]]
    seed_x, seed_y = secret(name + " receiver's seed"), secret(name + " sender's seed")

    order = shuffled(seed_x, xs)
    wire = [xs[index] for index in order]
    salt_x, salt_y = derive(seed_x, b"hefu/3 receiver salt")[:32], derive(seed_y, b"hefu/3 sender salt")[:32]
    inputs = commitment(salt_x, width, 0, wire, []), commitment(salt_y, width, label, ys, labels)
    opened = derive(seed_x, b"hefu/3 receiver nonce")[:32]
    form = bytes([mode, key_kind])
    opening = (le(3, 2) + var(SUITE) + agreement + receiver.public + sender.public + form + le(width, 2)
               + le(label, 2) + le(caps[0]) + le(caps[1]) + opened + le(len(xs)) + inputs[0])
    call = sha256(opening)

    b = reduce(derive(seed_y, b"hefu/3 sender key", opening, inputs[1]))
    accepted = derive(seed_y, b"hefu/3 sender nonce", opening, inputs[1])[:32]
    public = enc(b * G)
    sid = sha256(b"hefu/3 session\0", be(3, 2), be(len(SUITE)), SUITE, agreement, receiver.public, sender.public,
                 form, be(width, 2), be(label, 2), be(caps[0]), be(caps[1]), opened, be(len(xs)), inputs[0],
                 accepted, be(len(public)), public, be(len(ys)), inputs[1])
    c, s = prove_possession(sid, b, reduce(derive(seed_y, b"hefu/3 possession nonce", sid)))
    accept = (accepted + var(public) + le(len(ys)) + inputs[1] + var(scalar(c)) + var(scalar(s))
              + var(sender.sign(b"hefu/3 accept\0" + sid)))

    blind_key = derive(seed_x, b"hefu/3 receiver blinds")
    wide = [hmac.digest(blind_key, call + b"hefu/3 C" + be(j), "sha512") for j in range(len(xs))]
    hashed = [hash_to_group(call, x) for x in wire]
    cs = [enc2(h + reduce(w) * G) for h, w in zip(hashed, wide)]
    signature = receiver.sign(b"hefu/3 blinded\0" + call + root(cs) + be(len(cs)))
    ds = [enc2(b * pow(2, -1, ORDER) * dec(value)) for value in cs]
    c, s = prove_chunk(sid, b, 0, cs, ds, reduce(secret("evaluation", 64)))
    tokens = [enc2(dec(d) + -reduce(w) * (2 * (b * G))) for d, w in zip(ds, wide)]
    own = [enc2(2 * b * hash_to_group(call, y)) for y in ys]
    assert tokens == [enc(4 * b * h) for h in hashed]
    assert all(tokens[wire.index(y)] == token for y, token in zip(ys, own) if y in wire)
    entries = sorted(entry(sid, y, token, text) for y, token, text in zip(ys, own, labels or [b""] * len(ys)))

    digest = sha256(b"hefu/3 receipt\0", sid, agreement, be(len(xs)), be(len(ys)), root(cs), root(ds), root(entries))
    heads = [(be(7), le(7), sha256(b"the receiver's log")), (be(9), le(9), sha256(b"the sender's log"))]
    sides = [(receiver, b"hefu/3 receipt by receiver\0"), (sender, b"hefu/3 receipt by sender\0")]
    receipts = [digest + head[1] + head[2] + var(key.sign(text + digest + head[0] + head[2]))
                for (key, text), head in zip(sides, heads)]

    matched = [index for index, x in enumerate(xs) if x in ys]
    places = [(order.index(index), ys.index(xs[index])) for index in matched]
    numbers = [entries.index(entry(sid, ys[j], own[j], labels[j] if labels else b"")) for _, j in places]
    return {
        "name": name, "agreement": agreement, "receiver_seed": secret("receiver"), "receiver": receiver.public,
        "sender_seed": secret("sender"), "sender": sender.public, "mode": mode, "key_kind": key_kind, "width": width,
        "label": label, "receiver_cap": caps[0], "sender_cap": caps[1], "x": xs, "y": ys, "labels": labels,
        "seed_x": seed_x, "seed_y": seed_y, "order": order, "salt_x": salt_x, "salt_y": salt_y, "b": scalar(b),
        "blind_key": blind_key, "open": opening, "accept": accept, "have": le(0, 4) + b"\0", "call": call,
        "sid": sid,
        "hashed": [enc(h) for h in hashed], "blinds": wide, "blinded": be(0, 4) + b"".join(cs),
        "commit": root(cs) + le(len(cs)) + var(signature),
        "evaluated": be(0, 4) + scalar(c) + scalar(s) + b"".join(ds), "tokens": tokens,
        "receiver_tags": [tag_and_label_key(sid, x, token)[0] for x, token in zip(wire, tokens)],
        "tags": be(0, 4) + b"".join(entries), "root_blinded": root(cs), "root_evaluated": root(ds),
        "root_tags": root(entries), "receipt_digest": digest, "receipt_by_receiver": receipts[0],
        "receipt_by_sender": receipts[1], "matched": matched,
        "matched_labels": [labels[j] for _, j in places] if labels else [],
        "evidence": [evidence(position, number, wide[position], [(cs, position), (ds, position), (entries, number)])
                     for (position, _), number in zip(places, numbers)],
    }


def readable(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [readable(item) for item in value]
    if isinstance(value, dict):
        return {name: readable(item) for name, item in value.items()}
    return value


def check_aead() -> None:
    """RFC 8439, section 2.8.2."""
    text = (b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
            b"sunscreen would be it.")
    sealed = seal(bytes(range(0x80, 0xA0)), bytes.fromhex("070000004041424344454647"), text,
                  bytes.fromhex("50515253c0c1c2c3c4c5c6c7"))
    assert sealed[-16:].hex() == "1ae10b594f09e26a7e902ecbd0600691" and sealed[:4].hex() == "d31a8d34"


if __name__ == "__main__":
    check_aead()
    vectors = {
        "about": "Made by reference.py from wire.md and agreements.md. Bytes are hexadecimal; all secrets are invented.",
        "elements": elements(),
        "sessions": [
            session("members", 1, 1, []),
            session("labels", 2, 3, [text.encode().ljust(24, b"\0") for text in ("已受理", "已救助", "不予受理", "")]),
        ],
        "aborts": aborts(),
    }
    print(json.dumps(readable(vectors), ensure_ascii=False, indent=1))
