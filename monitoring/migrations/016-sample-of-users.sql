-- Every 32nd user: enough to tell what a large platform watches, at a fixed part of the cost.
CREATE INDEX interaction_sampled ON telemetry.interaction (slot_at)
WHERE hashint8(user_id) & 31 = 0;
