-- A btree on slots alone tempts the planner: a slot that is newer than its statistics looks empty
-- to it, so that finding one row there seems cheapest by reading all of the slot.

DROP INDEX telemetry.interaction_slot_at;
CREATE INDEX interaction_slot_at ON telemetry.interaction
USING brin (slot_at) WITH (autosummarize = on, pages_per_range = 16);
