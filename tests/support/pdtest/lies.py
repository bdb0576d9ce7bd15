"""What a home server that lies answers about gordon, each lie with one thing wrong: make(liar, gordon) -> resolution."""

from .formats import DAY, DomainKeys, now
from .jose import Key, b64, jws_hash, payload_of, unb64


def vouched(liar, gordon, operations, head) -> dict:
    """These operations under a statement that fits them, so that only what is wrong with the operations can decide."""
    count = len(operations)
    seq = min(payload_of(head)["seq"], count - 1)  # STMT-5
    statement = liar.keys.statement(gordon, head=jws_hash(head), seq=seq, count=count)
    return liar.resolution(gordon.address, operations=operations, statement=statement)


def stating(liar, gordon, key=None, **parts) -> dict:
    """The genuine operations under another statement."""
    return liar.resolution(gordon.address, statement=liar.keys.statement(gordon, key=key, **parts))


def forged_operation(liar, gordon):
    header, payload, signature = gordon.operations[0].split(".")
    flipped = bytearray(unb64(signature))
    flipped[0] ^= 1
    forged = f"{header}.{payload}.{b64(bytes(flipped))}"
    return vouched(liar, gordon, [forged], forged)


def reordered(liar, gordon):
    gordon.update()
    gordon.update()
    first, second, third = gordon.operations
    return vouched(liar, gordon, [first, third, second], third)


def beheaded(liar, gordon):
    gordon.update()
    return vouched(liar, gordon, gordon.operations[1:], gordon.operations[1])


def one_left_out(liar, gordon):
    gordon.update()
    last = gordon.update()
    return vouched(liar, gordon, [gordon.operations[0], last], last)


def truncated(liar, gordon):
    gordon.update()
    return liar.resolution(gordon.address, operations=gordon.operations[:-1])


def withheld(liar, gordon):
    return liar.resolution(gordon.address, operations=[])


def foreign_signed(liar, gordon):
    gordon.append(gordon.sign("update", key=Key()))
    return liar.resolution(gordon.address)


def signed_by_a_device(liar, gordon):
    gordon.append(gordon.sign("update", key=gordon.device))
    return liar.resolution(gordon.address)


def about_somebody_else(liar, gordon):
    gordon.append(gordon.sign("update", address="alyx@blackmesa.us"))
    return liar.resolution(gordon.address)


def after_the_end(liar, gordon):
    gordon.append(gordon.sign("revoke"))
    gordon.update()
    return liar.resolution(gordon.address)


def another_name(liar, gordon):
    return liar.keys.resolution(liar.person("alyx"))


def somebody_elses_history(liar, gordon):
    alyx = liar.person("alyx")
    return vouched(liar, gordon, alyx.operations, alyx.operations[-1])


def statement_expired(liar, gordon):
    return stating(liar, gordon, iat=now() - DAY, exp=now() - 600)


def statement_not_yet_valid(liar, gordon):
    return stating(liar, gordon, iat=now() + 3600, exp=now() + DAY)


def statement_of_another_domain(liar, gordon):
    """The right key, so that it is the domain it speaks for that decides (STMT-3) and not who signed (STMT-7)."""
    return stating(liar, gordon, iss="example.net")


def statement_by_another_domain(liar, gordon):
    other = DomainKeys("example.net")
    return stating(liar, gordon, key=other.key)


def statement_too_long_lived(liar, gordon):
    return stating(liar, gordon, exp=now() + 30 * DAY)


def statement_by_a_rotated_out_key(liar, gordon):
    old = liar.keys.key
    liar.keys.rotate()
    return stating(liar, gordon, key=old)


def statement_by_a_stranger(liar, gordon):
    return stating(liar, gordon, key=Key())


def descriptor_by_a_rotated_out_key(liar, gordon):
    old = liar.keys.key
    liar.keys.rotate()
    return liar.resolution(gordon.address, domain=liar.keys.descriptor(key=old))


def descriptor_of_another_domain(liar, gordon):
    return liar.resolution(gordon.address, domain=DomainKeys("example.net").descriptor())


# What is answered, and the rule of schema/spec that it breaks.
LIES = [
    (forged_operation, "JWS-10"),
    (reordered, "HIST-3"),
    (beheaded, "HIST-1"),
    (one_left_out, "HIST-3"),
    (truncated, "RES-9"),
    (withheld, "RES-6"),
    (foreign_signed, "HIST-6"),
    (signed_by_a_device, "HIST-6"),
    (about_somebody_else, "HIST-2"),
    (after_the_end, "HIST-5"),
    (another_name, "STMT-6"),
    (somebody_elses_history, "RES-8"),
    (statement_expired, "STMT-8"),
    (statement_not_yet_valid, "STMT-8"),
    (statement_of_another_domain, "STMT-3"),
    (statement_by_another_domain, "STMT-7"),
    (statement_too_long_lived, "STMT-4"),
    (statement_by_a_rotated_out_key, "STMT-7"),
    (statement_by_a_stranger, "STMT-7"),
    (descriptor_by_a_rotated_out_key, "DESC-8"),
    (descriptor_of_another_domain, "DESC-3"),
]
