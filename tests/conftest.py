"""What holds for all tests: no test asserts wall-clock time, so hypothesis must not either."""

from hypothesis import HealthCheck, settings

settings.register_profile("rufbus", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("rufbus")
