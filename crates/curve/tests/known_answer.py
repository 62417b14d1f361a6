"""What hash_multiply_encode gives for one message of a session's shape, by RFC 9380, 9496 and 9497 alone.

No part of it is the crate's or dalek's: integers of Python, SHA-512 of hashlib, affine points. It first computes the
first vector of RFC 9497 (appendix A.1.1), and then prints the answers that src/known.rs has: python3 known_answer.py
"""
from hashlib import sha512

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def is_negative(x):
    return x % P % 2 == 1


def absolute(x):
    return -x % P if is_negative(x) else x % P


def sqrt_ratio(u, v):  # RFC 9496, section 4.2
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    square, flipped, flipped_i = check == u % P, check == -u % P, check == -u * SQRT_M1 % P
    if flipped or flipped_i:
        r = r * SQRT_M1 % P
    return square or flipped, absolute(r)


SQRT_AD_MINUS_ONE = -sqrt_ratio(-D - 1, 1)[1] % P  # the odd one
INVSQRT_A_MINUS_D = sqrt_ratio(1, -1 - D)[1]


def add(a, b):  # affine, complete for this curve
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    return (
        (x1 * y2 + y1 * x2) * pow(1 + t, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P,
    )


def multiply(k, point):
    result = (0, 1)
    for bit in bin(k)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def one_way_map(wide):  # RFC 9496, section 4.3.4
    def elligator(part):
        t = int.from_bytes(part, "little") % 2**255
        r = SQRT_M1 * t * t % P
        u = (r + 1) * (1 - D * D) % P
        v = (-1 - r * D) * (r + D) % P
        square, s = sqrt_ratio(u, v)
        c = -1 if square else r
        s = s if square else -absolute(s * t) % P
        n = (c * (r - 1) * (D - 1) ** 2 - v) % P
        w0, w1 = 2 * s * v % P, n * SQRT_AD_MINUS_ONE % P
        w2, w3 = (1 - s * s) % P, (1 + s * s) % P
        return w0 * pow(w1, -1, P) % P, w2 * pow(w3, -1, P) % P

    return add(elligator(wide[:32]), elligator(wide[32:]))


def encode(point):  # RFC 9496, section 4.3.2, with Z = 1
    x0, y0 = point
    t0 = x0 * y0 % P
    u1, u2 = (1 + y0) * (1 - y0) % P, x0 * y0 % P
    _, root = sqrt_ratio(1, u1 * u2 * u2)
    den1, den2 = root * u1 % P, root * u2 % P
    z_inv = den1 * den2 * t0 % P
    rotate = is_negative(t0 * z_inv)
    x, y = (y0 * SQRT_M1 % P, x0 * SQRT_M1 % P) if rotate else (x0, y0)
    den = den1 * INVSQRT_A_MINUS_D % P if rotate else den2
    if is_negative(x * z_inv):
        y = -y % P
    return absolute(den * (1 - y)).to_bytes(32, "little")


def expand(message, dst):  # RFC 9380, section 5.3.1, for 64 bytes
    prime = dst + bytes([len(dst)])
    b0 = sha512(bytes(128) + message + (64).to_bytes(2, "big") + b"\0" + prime).digest()
    return sha512(b0 + b"\1" + prime).digest()


def answer(dst, prefix, message, k):
    return encode(multiply(k, one_way_map(expand(prefix + message, dst)))).hex()


blind = int.from_bytes(bytes.fromhex("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"), "little")
first = answer(b"HashToGroup-OPRFV1-\0-ristretto255-SHA512", b"", b"\0", blind)
assert first == "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c", first

dst, prefix = bytes(range(48)), bytes(range(32))
k = int.from_bytes(bytes(range(16)), "little")
for width in (32, 100):
    for message in (bytes(width), bytes([0xFF]) * width):
        print(width, answer(dst, prefix, message, 2 * k % ORDER))
