"""Token buckets."""

from vrooli.server.rates import Bucket, Buckets


def test_so_much_at_once_and_then_so_much_a_second() -> None:
    bucket = Bucket(2.0, 3.0, at=100.0)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.wait() == 0.5
    assert [bucket.take(100.5), bucket.take(100.5)] == [True, False]
    assert [bucket.take(1e6) for _ in range(4)] == [True, True, True, False]


def test_each_caller_has_its_own_and_the_oldest_are_forgotten() -> None:
    buckets = Buckets(1.0, 1.0, most=2)
    assert buckets.of("a").take()
    assert not buckets.of("a").take()
    assert buckets.of("b").take()
    assert not buckets.of("a").take()
    assert buckets.of("c").take()  # forgets b
    assert buckets.of("b").take()
