-- What the statistical alerts know of.

CREATE VIEW report.alert AS
SELECT fingerprint, state, since, last_sent_at, suppressed
FROM telemetry.alert_state;
COMMENT ON VIEW report.alert IS
'Each incident by its fingerprint: pending, firing or resolved since when; when somebody was last told; how many messages were held back since.';
