"""What a test puts into the Redis of a stack, and what it finds there."""

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from redis import Redis as Client

from tests.support.stack import LiveStack


def client(stack: LiveStack, name: str = "redis") -> Client:
    """Of its Redis, with the password."""
    password = (stack.home / "secrets" / f"{name}-password").read_text(encoding="ascii").strip()
    return Client(port=stack.ports[name], password=password)


def fill(stack: LiveStack, keys: int = 20_000) -> None:
    """Values that cannot be compressed away, of every usual type, in two databases."""
    dice = random.Random(6)
    with client(stack) as redis:
        pipe = redis.pipeline(transaction=False)
        for number in range(keys):
            pipe.set(f"key:{number}", _value(dice))
        pipe.rpush("list", *range(100))
        pipe.hset("hash", mapping={f"field{number}": number for number in range(100)})
        pipe.sadd("set", *range(100))
        pipe.zadd("scores", {f"one{number}": number for number in range(100)})
        pipe.xadd("stream", {"what": "happened"})
        pipe.set(b"not\xfftext", b"\x00\xff")
        pipe.execute()
        redis.execute_command("SELECT", 3)
        redis.set("elsewhere", "also")


def change(stack: LiveStack, keys: int = 2000) -> None:
    """Other values for some keys."""
    dice = random.Random(uuid.uuid4().int)
    with client(stack) as redis:
        pipe = redis.pipeline(transaction=False)
        for _ in range(keys):
            pipe.set(f"key:{dice.randrange(20_000)}", _value(dice))
        pipe.execute()


def digest(stack: LiveStack) -> str:
    """Of all that it holds; the stack must allow DEBUG."""
    with client(stack) as redis:
        return str(redis.execute_command("DEBUG", "DIGEST"))


def _value(dice: random.Random) -> str:
    return f"{dice.getrandbits(512):x}"


@contextmanager
def raising(stack: LiveStack, *names: str) -> Iterator[None]:
    """Numbers that are raised together, all the time."""
    over = Event()

    def go() -> None:
        with client(stack) as redis:
            while not over.is_set():
                pipe = redis.pipeline(transaction=True)
                for name in names:
                    pipe.incr(name)
                pipe.execute()

    thread = Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def number(stack: LiveStack, name: str) -> int:
    """One of them."""
    with client(stack) as redis:
        return int(redis.get(name) or 0)
