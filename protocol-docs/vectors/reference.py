#!/usr/bin/env python3
"""A second implementation of wire.md, slow and in variable time, from the standard library alone.

It shares no code with the product, so what it prints is what the product is tested against:

    python3 protocol-docs/vectors/reference.py > protocol-docs/vectors/session.json

Never use it with real numbers or keys.
"""

import hashlib
import hmac
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


# --- wire.md ---

SUITE = b"ristretto255-sha512"
DST = b"HEFU-V1-H2G-ristretto255_XMD:SHA-512_R255MAP_RO_"


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


def hash_to_group(sid: bytes, x: bytes) -> Point:
    dst_prime = DST + bytes([len(DST)])
    b0 = sha512(bytes(128), sid, x, be(64, 2), b"\0", dst_prime)
    return one_way_map(sha512(b0, b"\1", dst_prime))


def challenge(label: bytes, *parts: bytes) -> int:
    return reduce(sha512(label, b"\0", SUITE, b"\0", *parts))


def prove_possession(sid: bytes, b: int, nonce: int) -> tuple[int, int]:
    c = challenge(b"hefu/1 possession", sid, enc(b * G), enc(nonce * G))
    return c, (nonce - c * b) % ORDER


def prove_chunk(sid: bytes, b: int, chunk: int, cs: list[bytes], ds: list[bytes], nonce: int) -> tuple[int, int]:
    public = enc(b * G)
    seed = sha512(b"hefu/1 evaluation seed\0", sid, b"step D\0", be(chunk, 4), be(len(cs)), public, *cs, *ds)
    weights = b"".join(sha512(b"hefu/1 weights\0", seed, be(block)) for block in range(-(-len(cs) // 4)))
    m = Point(0, 1)
    for i, c in enumerate(cs):
        m += int.from_bytes(weights[16 * i : 16 * i + 16], "little") * dec(c)
    c = challenge(b"hefu/1 evaluation", seed, public, enc(m), enc(b * m), enc(nonce * G), enc(nonce * m))
    return c, (nonce - c * b) % ORDER


def tag(sid: bytes, x: bytes, token: bytes) -> bytes:
    prk = hmac.digest(sid, x + token, "sha256")
    return hmac.digest(prk, b"hefu/1 tag\1", "sha256")[:16]


def root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return sha256(b"\0", leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1", root(leaves[:split]), root(leaves[split:]))


def commitment(salt: bytes, width: int, elements: list[bytes]) -> bytes:
    return sha256(b"hefu/1 input\0", salt, be(width), *elements)


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
        ("version", le(1, 2) + le(2, 2)), ("suite", b""), ("agreement_unknown", b""), ("agreement_not_in_force", b""),
        ("agreement_mismatch", b""), ("set_too_large", le(1000) + le(500)), ("policy", b""), ("public_key", b""),
        ("bad_element", le(3, 4) + le(4, 4)), ("chunk", le(3, 4)), ("count", le(1000) + le(500)), ("root", b""),
        ("proof", le(3, 4)), ("tag_order", le(3, 4)), ("unexpected", word), ("malformed", word),
        ("inactive", le(120, 4)), ("cancelled", b""), ("internal", b""),
        ("own_set_too_large", le(500, 8)),
    ]
    return [{"reason": name, "bytes": (le(i, 4) + fields).hex()} for i, (name, fields) in enumerate(reasons)]


def secret(name: str, size: int = 32) -> bytes:
    """Invented secrets."""
    return hashlib.shake_256(b"vector " + name.encode()).digest(size)


def session() -> dict:
    receiver, sender = SigningKey(secret("receiver")), SigningKey(secret("sender"))
    agreement, width, caps = sha256(b"an agreement"), 32, (100, 1000)
    xs = [person_element(1, number) for number in NUMBERS[:3]]  # in the order of the wire
    ys = [person_element(1, number) for number in NUMBERS[1:]]
    b, blind_seed = reduce(secret("b", 64)), secret("blinds", 64)
    salts = {"x": secret("salt x"), "y": secret("salt y")}
    nonces = {"open": secret("nonce open"), "accept": secret("nonce accept")}
    inputs = commitment(salts["x"], width, xs), commitment(salts["y"], width, ys)
    public = enc(b * G)

    opening = (le(1, 2) + var(SUITE) + agreement + receiver.public + sender.public + b"\1\1" + le(width, 2)
               + le(caps[0]) + le(caps[1]) + nonces["open"] + le(len(xs)) + inputs[0])
    sid = sha256(b"hefu/1 session\0", be(1, 2), be(len(SUITE)), SUITE, agreement, receiver.public, sender.public,
                 b"\1\1", be(width, 2), be(caps[0]), be(caps[1]), nonces["open"], be(len(xs)), inputs[0],
                 nonces["accept"], be(len(public)), public, be(len(ys)), inputs[1])
    c, s = prove_possession(sid, b, reduce(secret("possession", 64)))
    accept = (nonces["accept"] + var(public) + le(len(ys)) + inputs[1] + var(scalar(c)) + var(scalar(s)))

    wide = [hmac.digest(blind_seed, sid + b"hefu/1 C" + be(j), "sha512") for j in range(len(xs))]
    hashed = [hash_to_group(sid, x) for x in xs]
    cs = [enc2(h + reduce(w) * G) for h, w in zip(hashed, wide)]
    signature = receiver.sign(b"hefu/1 blinded\0" + sid + root(cs) + be(len(cs)))
    ds = [enc2(b * pow(2, -1, ORDER) * dec(value)) for value in cs]
    c, s = prove_chunk(sid, b, 0, cs, ds, reduce(secret("evaluation", 64)))
    tokens = [enc2(dec(d) + -reduce(w) * (2 * (b * G))) for d, w in zip(ds, wide)]
    own = [enc2(2 * b * hash_to_group(sid, y)) for y in ys]
    assert tokens == [enc(4 * b * h) for h in hashed] and tokens[1:] == own[:2]
    tags = sorted(tag(sid, y, token) for y, token in zip(ys, own))

    digest = sha256(b"hefu/1 receipt\0", sid, agreement, be(len(xs)), be(len(ys)), root(cs), root(ds), root(tags))
    receipts = [digest + var(key.sign(label + digest)) for key, label in
                ((receiver, b"hefu/1 receipt by receiver\0"), (sender, b"hefu/1 receipt by sender\0"))]
    return {
        "agreement": agreement, "receiver_seed": secret("receiver"), "receiver": receiver.public,
        "sender_seed": secret("sender"), "sender": sender.public, "mode": 1, "key_kind": 1, "width": width,
        "receiver_cap": caps[0], "sender_cap": caps[1], "x": xs, "y": ys, "salt_x": salts["x"], "salt_y": salts["y"],
        "b": scalar(b), "blind_seed": blind_seed, "open": opening, "accept": accept, "sid": sid,
        "hashed": [enc(h) for h in hashed], "blinds": wide, "blinded": be(0, 4) + b"".join(cs),
        "commit": root(cs) + le(len(cs)) + var(signature),
        "evaluated": be(0, 4) + scalar(c) + scalar(s) + b"".join(ds), "tokens": tokens,
        "receiver_tags": [tag(sid, x, token) for x, token in zip(xs, tokens)],
        "tags": be(0, 4) + b"".join(tags), "root_blinded": root(cs), "root_evaluated": root(ds),
        "root_tags": root(tags), "receipt_digest": digest, "receipt_by_receiver": receipts[0],
        "receipt_by_sender": receipts[1], "matched": [1, 2],
    }


def readable(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [readable(item) for item in value]
    if isinstance(value, dict):
        return {name: readable(item) for name, item in value.items()}
    return value


if __name__ == "__main__":
    vectors = {
        "about": "Made by reference.py from wire.md and agreements.md. Bytes are hexadecimal; all secrets are invented.",
        "elements": elements(), "session": session(), "aborts": aborts(),
    }
    print(json.dumps(readable(vectors), ensure_ascii=False, indent=1))
