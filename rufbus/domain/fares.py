"""What a ride costs."""

from __future__ import annotations

from rufbus.domain.request import Party
from rufbus.domain.service import Fares


def price_ct(party: Party, fares: Fares) -> int:
    """Return the price of one leg (euro cents).

    Riders in a wheelchair pay as adults, companions ride free, and aids cost nothing. The surcharge (Komfortzuschlag)
    is due once for every person who pays.
    """
    adults = party.adults + party.wheelchairs
    return adults * fares.adult_ct + party.children * fares.child_ct + (adults + party.children) * fares.surcharge_ct
