-- What is wrong, as far as `marquee alerts run` knows.

CREATE VIEW report.alert AS
SELECT fingerprint, rule, subject, severity, state, since, summary, last_sent_at, suppressed
FROM telemetry.alert_state;
COMMENT ON VIEW report.alert IS
'What `marquee alerts run` found wrong, one row a rule and subject: pending until it has lasted, firing, resolved; since when; when somebody was last told, and how often it came back without being told anew.';
