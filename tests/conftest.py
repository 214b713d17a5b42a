"""What all tests share: how hypothesis looks for examples."""

from hypothesis import HealthCheck, settings

# The same examples at every run, and no verdict by the clock: a slow machine fails no test.
settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")
