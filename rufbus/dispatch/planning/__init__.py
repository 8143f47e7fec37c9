"""The one door to the solver, both ways: service days become problems, plans become tours.

A day is looked at from one moment (``Horizon``): what lies behind the vans is left out, who is aboard has only the
drop-off left, what begins soon keeps its order. Seconds count from an origin near the day, so that they stay small.
"""

from rufbus.dispatch.planning.board import Board, board_cost_s, set_up_board
from rufbus.dispatch.planning.calls import Option, OrderedCall, Timed, retime, tour_loads, with_new_leg
from rufbus.dispatch.planning.improvement import (
    ImproveJob,
    ImproveResult,
    Order,
    changed_tours,
    keep_worthwhile,
    make_job,
    order_of,
    rebase,
    run_job,
    warm_up,
)
from rufbus.dispatch.planning.insertions import Alternatives, Fit, calls_with, list_alternatives
from rufbus.dispatch.planning.keeping import TourBoard, set_up_tours
from rufbus.dispatch.planning.repairs import Room, find_room
from rufbus.dispatch.planning.views import horizon_at

__all__ = [
    "Alternatives",
    "Board",
    "Fit",
    "ImproveJob",
    "ImproveResult",
    "Option",
    "Order",
    "OrderedCall",
    "Room",
    "Timed",
    "TourBoard",
    "board_cost_s",
    "calls_with",
    "changed_tours",
    "find_room",
    "horizon_at",
    "keep_worthwhile",
    "list_alternatives",
    "make_job",
    "order_of",
    "rebase",
    "retime",
    "run_job",
    "set_up_board",
    "set_up_tours",
    "tour_loads",
    "warm_up",
    "with_new_leg",
]
