"""The first tables.

Revision 0001, after nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")
POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "access_keys",
        sa.Column("id", NAME, nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("vehicle_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_access_keys"),
        sa.UniqueConstraint("token_hash", name="uq_access_keys_token_hash"),
    )
    op.create_table(
        "answers",
        sa.Column("scope", NAME, nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("body_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name="pk_answers"),
    )
    op.create_index("ix_answers_answered_at", "answers", ["answered_at"])

    op.create_table(
        "bookings",
        sa.Column("id", NAME, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("quote_id", sa.String(), nullable=False),
        sa.Column("rider_name", sa.String(), nullable=False),
        sa.Column("rider_phone", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("price_ct", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("booked_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("booked_by", sa.String(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_bookings_version")),
        sa.PrimaryKeyConstraint("id", name="pk_bookings"),
        sa.UniqueConstraint("code", name="uq_bookings_code"),
        sa.UniqueConstraint("quote_id", name="uq_bookings_quote_id"),
    )
    op.create_index("ix_bookings_booked_at", "bookings", ["booked_at"])
    op.create_index("ix_bookings_rider_phone_booked_at", "bookings", ["rider_phone", "booked_at"])

    op.create_table(
        "counters",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("vehicle_id", sa.String(), nullable=True),
        sa.Column("leg_id", sa.String(), nullable=True),
        sa.Column("booking_id", sa.String(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
    )
    op.create_index("ix_events_vehicle_id_seq", "events", ["vehicle_id", "seq"])

    op.create_table(
        "ledger",
        sa.Column("position", POSITION, nullable=False),
        sa.Column("leg_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_ledger"),
    )
    op.create_index("ix_ledger_entry", "ledger", ["entry"])
    op.create_index("ix_ledger_leg_id_position", "ledger", ["leg_id", "position"])

    op.create_table(
        "legs",
        sa.Column("id", NAME, nullable=False),
        sa.Column("booking_id", sa.String(), nullable=True),
        sa.Column("quote_id", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("service_day", sa.String(), nullable=False),
        sa.Column("pickup_stop_id", sa.String(), nullable=False),
        sa.Column("pickup_walk_m", sa.Integer(), nullable=False),
        sa.Column("dropoff_stop_id", sa.String(), nullable=False),
        sa.Column("dropoff_walk_m", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("pickup_from", sa.BigInteger(), nullable=False),
        sa.Column("pickup_to", sa.BigInteger(), nullable=False),
        sa.Column("dropoff_by", sa.BigInteger(), nullable=False),
        sa.Column("max_ride_s", sa.Integer(), nullable=False),
        sa.Column("first_pickup_from", sa.BigInteger(), nullable=False),
        sa.Column("first_pickup_to", sa.BigInteger(), nullable=False),
        sa.Column("first_dropoff_by", sa.BigInteger(), nullable=False),
        sa.Column("first_max_ride_s", sa.Integer(), nullable=False),
        sa.Column("direct_s", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.Column("boarded_at", sa.BigInteger(), nullable=True),
        sa.Column("alighted_at", sa.BigInteger(), nullable=True),
        sa.Column("assumed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("pickup_from <= pickup_to AND pickup_to <= dropoff_by", name=op.f("ck_legs_promise")),
        sa.PrimaryKeyConstraint("id", name="pk_legs"),
    )
    op.create_index("ix_legs_booking_id", "legs", ["booking_id"])
    op.create_index("ix_legs_quote_id", "legs", ["quote_id"])
    op.create_index("ix_legs_state_dropoff_by", "legs", ["state", "dropoff_by"])
    op.create_index("ix_legs_state_held_until", "legs", ["state", "held_until"])
    op.create_index("ix_legs_state_pickup_from", "legs", ["state", "pickup_from"])

    op.create_table(
        "quotes",
        sa.Column("id", NAME, nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("price_ct", sa.Integer(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=False),
        sa.Column("alternative", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quotes"),
    )
    op.create_index("ix_quotes_request_id", "quotes", ["request_id"])

    op.create_table(
        "reports",
        sa.Column("position", POSITION, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("vehicle_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_reports"),
        sa.UniqueConstraint("id", name="uq_reports_id"),
    )
    op.create_index("ix_reports_vehicle_id_at", "reports", ["vehicle_id", "at"])

    op.create_table(
        "settings",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )
    op.create_table(
        "stop_lists",
        sa.Column("vehicle_id", NAME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("acknowledged", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("vehicle_id", name="pk_stop_lists"),
    )
    op.create_table(
        "tours",
        sa.Column("shift_id", NAME, nullable=False),
        sa.Column("service_day", sa.String(), nullable=False),
        sa.Column("vehicle_id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.Text(), nullable=False),
        sa.Column("delay_s", sa.Integer(), nullable=False),
        sa.Column("departed_at", sa.BigInteger(), nullable=True),
        sa.Column("reported_at", sa.BigInteger(), nullable=True),
        sa.Column("out_of_service_from", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("version >= 1", name=op.f("ck_tours_version")),
        sa.PrimaryKeyConstraint("shift_id", name="pk_tours"),
    )
    op.create_index("ix_tours_service_day", "tours", ["service_day"])

    op.create_table(
        "tour_loads",
        sa.Column("shift_id", NAME, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("seats_used", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("wheelchairs_used", sa.Integer(), nullable=False),
        sa.Column("wheelchair_places", sa.Integer(), nullable=False),
        sa.CheckConstraint("seats_used >= 0 AND seats_used <= seats", name=op.f("ck_tour_loads_seats")),
        sa.CheckConstraint(
            "wheelchairs_used >= 0 AND wheelchairs_used <= wheelchair_places", name=op.f("ck_tour_loads_wheelchairs")
        ),
        sa.ForeignKeyConstraint(["shift_id"], ["tours.shift_id"], name="fk_tour_loads_shift_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shift_id", "seq", name="pk_tour_loads"),
    )
    op.execute("INSERT INTO counters (name, value) VALUES ('events', 0)")


def downgrade() -> None:
    op.drop_table("tour_loads")
    op.drop_table("tours")
    op.drop_table("stop_lists")
    op.drop_table("settings")
    op.drop_table("reports")
    op.drop_table("quotes")
    op.drop_table("legs")
    op.drop_table("ledger")
    op.drop_table("events")
    op.drop_table("counters")
    op.drop_table("bookings")
    op.drop_table("answers")
    op.drop_table("access_keys")
