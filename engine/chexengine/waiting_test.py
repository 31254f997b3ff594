"""Whose word counts on how threads wait."""

from chexengine import waiting


def test_threads_wait_awake_for_a_moment_unless_the_user_says_otherwise():
    fresh = {"PATH": "/bin"}
    waiting.choose(fresh)
    assert fresh == {"PATH": "/bin", "OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": waiting.ROUNDS}
    for said in ({"OMP_WAIT_POLICY": "PASSIVE"}, {"GOMP_SPINCOUNT": "5"}):
        kept = dict(said)
        waiting.choose(kept)
        assert kept == said
