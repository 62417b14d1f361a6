#!/usr/bin/env python3
"""A second implementation of ferry.md, made from the page and from RFC 9180, on the primitives of `cryptography`.

It shares no code with the product, so what it prints is what the product is tested against:

    python3 -m pip install cryptography
    python3 protocol-docs/vectors/ferry.py > protocol-docs/vectors/ferry.json

Never use its keys for anything else.
"""

import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

# RFC 8032 section 7.1, TEST 1, 2 and 3: the sender's node key and TLS key, the recipient's node key.
SENDER_NODE = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
SENDER_TLS = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
RECIPIENT_NODE = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
# RFC 7748 section 6.1: Alice's key is the sender's seal key, Bob's the recipient's.
SENDER_SEAL = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
RECIPIENT_SEAL = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
# RFC 9180 appendix A.2.1: the randomness from which the ephemeral key is derived.
IKM_E = bytes.fromhex("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b")

RECORD = 65536


def canonical(document) -> bytes:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def raw_public(key) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


# --- HPKE in base mode (RFC 9180), suite 0x0020, 0x0001, 0x0003 ---

KEM_SUITE = b"KEM" + bytes.fromhex("0020")
HPKE_SUITE = b"HPKE" + bytes.fromhex("002000010003")


def extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    """LabeledExtract, section 4."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")


def expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand, section 4."""
    info = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    out, block = b"", b""
    for count in range(1, -(-length // 32) + 1):
        block = hmac.digest(prk, block + info + bytes([count]), "sha256")
        out += block
    return out[:length]


def derive_key_pair(ikm: bytes) -> X25519PrivateKey:
    """DeriveKeyPair for X25519, section 7.1.3."""
    prk = extract(KEM_SUITE, b"", b"dkp_prk", ikm)
    return X25519PrivateKey.from_private_bytes(expand(KEM_SUITE, prk, b"sk", b"", 32))


def context(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    """KeySchedule in base mode, section 5.1: key and base nonce."""
    schedule = b"\0" + extract(HPKE_SUITE, b"", b"psk_id_hash", b"") + extract(HPKE_SUITE, b"", b"info_hash", info)
    secret = extract(HPKE_SUITE, shared, b"secret", b"")
    return (
        expand(HPKE_SUITE, secret, b"key", schedule, 32),
        expand(HPKE_SUITE, secret, b"base_nonce", schedule, 12),
    )


def setup_base_s(public: bytes, info: bytes, ikm: bytes) -> tuple[bytes, bytes, bytes]:
    """Encap, section 4.1, and the context."""
    ephemeral = derive_key_pair(ikm)
    enc = raw_public(ephemeral)
    dh = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    prk = extract(KEM_SUITE, b"", b"eae_prk", dh)
    shared = expand(KEM_SUITE, prk, b"shared_secret", enc + public, 32)
    return enc, *context(shared, info)


def nonce(base: bytes, sequence: int) -> bytes:
    return bytes(a ^ b for a, b in zip(base, sequence.to_bytes(12, "big"), strict=True))


def check_against_the_rfc() -> None:
    """Appendix A.2.1."""
    recipient = bytes.fromhex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a")
    enc, key, base = setup_base_s(recipient, b"Ode on a Grecian Urn", IKM_E)
    assert enc.hex() == "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
    assert base.hex() == "5c4d98150661b848853b547f"
    sealed = ChaCha20Poly1305(key).encrypt(nonce(base, 0), b"Beauty is truth, truth beauty", b"Count-0")
    assert sealed.hex() == (
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
    )


# --- Sets, parts, cards ---


def seal(sender: bytes, recipient: bytes, seal_key: bytes, number: bytes, content: bytes) -> bytes:
    enc, key, base = setup_base_s(seal_key, b"hefu/3 ferry\0" + sender + recipient + number, IKM_E)
    records = [content[at : at + RECORD] for at in range(0, len(content), RECORD)] or [b""]
    cipher = ChaCha20Poly1305(key)
    for sequence, record in enumerate(records):
        last = bytes([sequence == len(records) - 1])
        enc += cipher.encrypt(nonce(base, sequence), record, last)
    return enc


def part_file(key: Ed25519PrivateKey, about: dict, sealed: bytes, part: int, parts: int, text: bool) -> bytes:
    each = -(-len(sealed) // parts)
    payload = sealed[(part - 1) * each : part * each]
    header = canonical(
        about
        | {
            "bytes": len(sealed),
            "digest": sha256(sealed).hex(),
            "format": "hefu-ferry",
            "part": part,
            "parts": parts,
            "payload": sha256(payload).hex(),
            "version": 1,
        }
    )
    signature = key.sign(b"hefu/3 ferry part\0" + sha256(header)).hex().encode()
    if not text:
        return header + b"\n" + signature + b"\n" + payload
    encoded = base64.b64encode(payload)
    lines = [encoded[at : at + 960] for at in range(0, len(encoded), 960)]
    return b"".join(
        line + b"\n" for line in [b"-----BEGIN HEFU FERRY-----", header, signature, *lines, b"-----END HEFU FERRY-----"]
    )


def card(key: Ed25519PrivateKey, tls: Ed25519PrivateKey, seal_key: bytes) -> bytes:
    # SubjectPublicKeyInfo of Ed25519, RFC 8410.
    spki = bytes.fromhex("302a300506032b6570032100") + raw_public(tls)
    fields = {
        "address": "10.29.0.1:7443",
        "name": "某县人民检察院",
        "node_key": raw_public(key).hex(),
        "role": "procuratorate",
        "seal_key": seal_key.hex(),
        "tls_key": sha256(spki).hex(),
        "version": 2,
    }
    return canonical({"card": fields, "signature": key.sign(b"hefu/1 card\0" + sha256(canonical(fields))).hex()})


def fingerprint(card_bytes: bytes) -> str:
    digest = sha256(canonical(json.loads(card_bytes)["card"]))
    return " ".join(f"{int.from_bytes(digest[at : at + 4], 'big') % 100000:05}" for at in range(0, 32, 4))


def counted(length: int) -> bytes:
    """The content of the vectors: SHA-256 of 0, 1, 2, … (u32, big-endian), one after another, cut to length."""
    blocks = (sha256(count.to_bytes(4, "big")) for count in range(-(-length // 32)))
    return b"".join(blocks)[:length]


def main() -> None:
    check_against_the_rfc()
    node, tls = map(Ed25519PrivateKey.from_private_bytes, (SENDER_NODE, SENDER_TLS))
    recipient = Ed25519PrivateKey.from_private_bytes(RECIPIENT_NODE)
    sender_seal, recipient_seal = map(X25519PrivateKey.from_private_bytes, (SENDER_SEAL, RECIPIENT_SEAL))
    own_card = card(node, tls, raw_public(sender_seal))
    number = bytes(range(16))
    about = {
        "from": raw_public(node).hex(),
        "matters": ["opening", "receipt"],
        "set": number.hex(),
        "to": raw_public(recipient).hex(),
    }

    def sealed_set(length: int) -> bytes:
        return seal(
            raw_public(node), raw_public(recipient), raw_public(recipient_seal), number, counted(length)
        )

    small = sealed_set(5000)
    cuts = {}
    for form, text, parts in [("binary", False, 2), ("text", True, 3)]:
        cuts[form] = [part_file(node, about, small, part, parts, text) for part in range(1, parts + 1)]
    about_card = {"from": about["from"], "matters": ["card"], "set": number.hex()}
    as_part = part_file(node, about_card, own_card, 1, 1, False)
    vectors = {
        "sender": {
            "node": SENDER_NODE.hex(),
            "node_key": raw_public(node).hex(),
            "tls": SENDER_TLS.hex(),
            "tls_public": raw_public(tls).hex(),
            "seal": SENDER_SEAL.hex(),
            "seal_key": raw_public(sender_seal).hex(),
            "card": own_card.decode(),
            "fingerprint": fingerprint(own_card),
        },
        "recipient": {
            "node": RECIPIENT_NODE.hex(),
            "node_key": raw_public(recipient).hex(),
            "seal": RECIPIENT_SEAL.hex(),
            "seal_key": raw_public(recipient_seal).hex(),
        },
        "set": number.hex(),
        "matters": about["matters"],
        "ikm_e": IKM_E.hex(),
        "max_file_bytes": 4096,
        "content_bytes": 5000,
        "sealed_digest": sha256(small).hex(),
        "binary": {
            "file_digests": [sha256(file).hex() for file in cuts["binary"]],
            "first": cuts["binary"][0].hex(),
        },
        "text": {
            "file_digests": [sha256(file).hex() for file in cuts["text"]],
            "last": cuts["text"][-1].decode(),
        },
        "card_part": as_part.decode(),
        "lengths": [
            {"content_bytes": length, "bytes": len(sealed), "digest": sha256(sealed).hex()}
            for length in [0, 1, RECORD - 1, RECORD, RECORD + 1, 2 * RECORD, 200_000]
            for sealed in [sealed_set(length)]
        ],
    }
    print(json.dumps(vectors, ensure_ascii=False, indent=1))


main()
