"""How a client says in which form it takes responses in parts."""

import pytest

from federation.gateway.acceptance import (
    EVENTS_TYPE,
    MULTIPART_TYPE,
    Acceptance,
    Format,
    choose_acceptance,
)

EARLIER = Acceptance(Format.EARLIER, MULTIPART_TYPE, "deferSpec=20220824")
CURRENT = Acceptance(Format.CURRENT, MULTIPART_TYPE, "incrementalSpec=v0.2")
PLAIN = Acceptance(Format.CURRENT, MULTIPART_TYPE)
EVENTS = Acceptance(Format.CURRENT, EVENTS_TYPE)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, None),
        ("", None),
        ("*/*", None),
        ("multipart/*", None),
        ("application/json", None),
        ("multipart/mixed", PLAIN),
        ("Multipart/Mixed ; boundary=x, application/json", PLAIN),
        ("application/json, multipart/mixed;deferSpec=20220824", EARLIER),
        ('multipart/mixed; deferSpec="20220824"; q=0.5', EARLIER),
        ("multipart/mixed;incrementalSpec=v0.2", CURRENT),
        (
            "multipart/mixed; incrementalDeliverySpec=3283f8a",
            Acceptance(Format.CURRENT, MULTIPART_TYPE, "incrementalDeliverySpec=3283f8a"),
        ),
        ("multipart/mixed;deferSpec=20990101", None),
        ("multipart/mixed;incrementalSpec=v9", None),
        ("multipart/mixed;subscriptionSpec=1.0", None),
        ("multipart/mixed;q=0", None),
        ("multipart/mixed;q=x", None),
        ("text/event-stream", EVENTS),
        ("text/event-stream;q=0.4, multipart/mixed;deferSpec=20220824;q=0.5", EARLIER),
        ("multipart/mixed;deferSpec=20220824, multipart/mixed;incrementalSpec=v0.2", EARLIER),
        (
            "multipart/mixed;deferSpec=20220824;q=0.9, multipart/mixed;incrementalSpec=v0.2",
            CURRENT,
        ),
    ],
)
def test_the_form_that_is_accepted_best(accept: str | None, expected: Acceptance | None) -> None:
    assert choose_acceptance(accept) == expected
