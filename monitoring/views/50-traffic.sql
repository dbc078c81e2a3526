-- How much there was, by when it was served or watched.

CREATE VIEW report.status_1m AS
SELECT bucket, variant, model_version, status, sum(requests)::bigint AS requests
FROM telemetry.recommendation_1m
GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW report.status_1m IS
'Requests by status: 200 an answer; anything else a failure, 0 where the service said nothing.';

CREATE VIEW report.traffic_1m AS
SELECT
    bucket,
    variant,
    model_version,
    sum(requests)::bigint AS requests,
    coalesce(sum(requests) FILTER (WHERE status = 200), 0)::bigint AS answered,
    coalesce(sum(requests) FILTER (WHERE status <> 200), 0)::bigint AS failed
FROM telemetry.recommendation_1m
GROUP BY 1, 2, 3;
COMMENT ON VIEW report.traffic_1m IS 'Requests by minute: answered + failed.';

CREATE VIEW report.interaction_30m AS
SELECT bucket, kind, interactions
FROM telemetry.interaction_30m;
COMMENT ON VIEW report.interaction_30m IS
'Ratings, and slots of half an hour in which a user watched a movie.';
