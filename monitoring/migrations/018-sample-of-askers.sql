-- The same 32nd of the users, by what they were answered.
CREATE INDEX recommendation_sampled ON telemetry.recommendation (served_at)
WHERE hashint8(user_id) & 31 = 0;
